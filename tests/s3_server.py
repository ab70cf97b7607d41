"""A small S3 on loopback, for tests: objects in memory, ranges, conditional puts, lists, uploads in parts, deletes."""

from __future__ import annotations

import hashlib
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from xml.sax.saxutils import escape


class S3Server:
    """Use as a context; `endpoint` is its address. Signatures are not checked, but a request without one is refused."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.refused = 0
        self._parts: dict[str, dict[int, bytes]] = {}
        self._lock = threading.Lock()
        server = self

        class Handler(_Handler):
            s3 = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> S3Server:
        self._thread = threading.Thread(target=self._http.serve_forever, name="s3")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def put(self, name: str, data: bytes, *, only_new: bool, only_tag: str) -> str:
        """Store an object; returns its tag, "" when the condition does not hold."""
        with self._lock:
            there = self.objects.get(name)
            if (only_new and there is not None) or (only_tag and (there is None or tag(there) != only_tag)):
                return ""
            self.objects[name] = data
            return tag(data)

    def begin_parts(self, name: str) -> str:
        with self._lock:
            key = f"{len(self._parts)}-{hashlib.md5(name.encode()).hexdigest()}"
            self._parts[key] = {}
            return key

    def part(self, key: str, number: int, data: bytes) -> None:
        with self._lock:
            self._parts[key][number] = data

    def end_parts(self, key: str) -> bytes:
        with self._lock:
            parts = self._parts.pop(key)
            return b"".join(parts[number] for number in sorted(parts))


def tag(data: bytes) -> str:
    """Return the ETag of an object."""
    return f'"{hashlib.md5(data).hexdigest()}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s3: S3Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _asked(self) -> tuple[str, dict[str, str], bytes]:
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        size = int(self.headers.get("Content-Length") or 0)
        return urllib.parse.unquote(url.path).lstrip("/"), query, self.rfile.read(size)

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _allowed(self) -> bool:
        if "Credential=tester/" in self.headers.get("Authorization", ""):
            return True
        self.s3.refused += 1
        self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        return False

    def do_GET(self) -> None:
        name, query, _ = self._asked()
        if not self._allowed():
            return
        if "list-type" in query:
            self._list(name, query)
            return
        data = self.s3.objects.get(name)
        if data is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        headers = {"ETag": tag(data), "Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT", "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range", "")
        if not wanted.startswith("bytes="):
            if self.command == "HEAD":
                self.send_response(200)
                for key, value in (headers | {"Content-Length": str(len(data))}).items():
                    self.send_header(key, value)
                self.end_headers()
            else:
                self._answer(200, data, headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        begin = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        self._answer(206, data[begin : end + 1], headers | {"Content-Range": f"bytes {begin}-{end}/{len(data)}"})

    do_HEAD = do_GET

    def _list(self, bucket: str, query: dict[str, str]) -> None:
        start = bucket.rstrip("/") + "/"
        prefix, parting = query.get("prefix", ""), query.get("delimiter", "")
        names, folders = [], set()
        for name in sorted(self.s3.objects):
            key = name.removeprefix(start)
            if not name.startswith(start) or not key.startswith(prefix) or key <= query.get("start-after", ""):
                continue
            rest = key[len(prefix) :]
            if parting and parting in rest:
                folders.add(prefix + rest.split(parting)[0] + parting)
            else:
                names.append(key)
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified>"
            f"<ETag>{escape(tag(self.s3.objects[start + key]))}</ETag><Size>{len(self.s3.objects[start + key])}</Size>"
            "</Contents>"
            for key in names
        )
        rows += "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders))
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        self._answer(200, body.encode(), {"Content-Type": "application/xml"})

    def do_PUT(self) -> None:
        name, query, data = self._asked()
        if not self._allowed():
            return
        if "partNumber" in query:
            self.s3.part(query["uploadId"], int(query["partNumber"]), data)
            self._answer(200, headers={"ETag": tag(data)})
            return
        source = self.headers.get("x-amz-copy-source", "")
        if source:
            data = self.s3.objects[urllib.parse.unquote(source).lstrip("/")]
        done = self.s3.put(
            name, data, only_new=self.headers.get("If-None-Match") == "*", only_tag=self.headers.get("If-Match", "")
        )
        self._answer(200 if done else 412, headers={"ETag": done} if done else None)

    def do_POST(self) -> None:
        name, query, data = self._asked()
        if not self._allowed():
            return
        if "uploads" in query:
            key = self.s3.begin_parts(name)
            body = f"<InitiateMultipartUploadResult><UploadId>{key}</UploadId></InitiateMultipartUploadResult>"
        elif "uploadId" in query:
            whole = self.s3.end_parts(query["uploadId"])
            done = self.s3.put(name, whole, only_new=self.headers.get("If-None-Match") == "*", only_tag="")
            if not done:
                self._answer(412)
                return
            body = f"<CompleteMultipartUploadResult><ETag>{escape(done)}</ETag></CompleteMultipartUploadResult>"
        else:  # delete many
            import re

            for key in re.findall(rb"<Key>(.*?)</Key>", data):
                self.s3.objects.pop(f"{name.rstrip('/')}/{key.decode()}", None)
            body = "<DeleteResult></DeleteResult>"
        self._answer(200, body.encode(), {"Content-Type": "application/xml"})

    def do_DELETE(self) -> None:
        name, _, _ = self._asked()
        if self._allowed():
            self.s3.objects.pop(name, None)
            self._answer(204)
