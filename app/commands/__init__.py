"""The commands of `tangnet`: one file per noun, each imported only when it is used."""
