"""One reader per format. They run only in the limited process of `app.rag.reading`, never in the program itself."""
