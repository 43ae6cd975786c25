"""Ways to break a server: what is between the kit and an application that does right.

A break is a function of a request and of the application below, which returns a
response. It is given as WebOb has them, and is one clause's fault if it can be.
"""

import json
import re


def forward(request, app):
    return request.get_response(app)


# --- what is broken: conditions on a request and its response ---


def always(request, response=None):
    return True


def status(*codes):
    return lambda request, response: response.status_int in codes


def method(*names):
    return lambda request, response=None: request.method in names


def path(pattern):
    compiled = re.compile(pattern)
    return lambda request, response=None: bool(compiled.search(request.path))


def having(header):
    """Requests with a header."""
    return lambda request, response=None: header in request.headers


def both(*conditions):
    return lambda request, response=None: all(
        each(request, response) for each in conditions
    )


RECORD = path(r"/(notes|articles|pages)/[^/]+$")
LIST = path(r"/(notes|articles|pages)$")
READ = method("GET", "HEAD")
WRITE = method("POST", "PUT", "PATCH", "DELETE")


# --- requests that are not read as they should be ---


def ignores(*headers, of=always):
    """Have the application not see some headers of a request."""

    def broken(request, app):
        if of(request):
            for name in headers:
                request.headers.pop(name, None)
        return forward(request, app)

    return broken


def ignores_parameters(*names, of=always):
    """Have the application not see some parameters of the query string."""

    def broken(request, app):
        if of(request):
            kept = [
                part
                for part in request.query_string.split("&")
                if part.partition("=")[0] not in names
            ]
            request.query_string = "&".join(kept)
        return forward(request, app)

    return broken


def asks(change, of=always):
    """Change a request before the application sees it."""

    def broken(request, app):
        if of(request):
            change(request)
        return forward(request, app)

    return broken


def change_json(message, change):
    """Change the body of a request or response, unless it is no JSON."""
    try:
        found = json.loads(message.body)
    except ValueError:
        return
    changed = change(found)
    message.body = json.dumps(found if changed is None else changed).encode()


def asks_json(change, of=always):
    """Change the JSON of a request, in place or by what is returned."""

    return asks(lambda request: change_json(request, change), of)


# --- responses that are not as they should be ---


def alters(change, of=always):
    """Change a response."""

    def broken(request, app):
        response = forward(request, app)
        if of(request, response):
            change(response)
        return response

    return broken


def drops(*headers, of=always):
    def change(response):
        for name in headers:
            response.headers.pop(name, None)

    return alters(change, of)


def puts(header, value, of=always):
    """Give a header another value, by a function of the present one if it is one."""

    def change(response):
        old = response.headers.get(header)
        response.headers[header] = value(old) if callable(value) else value

    return alters(change, of)


def answers(code, of=always):
    """Answer with another status."""

    def change(response):
        response.status_int = code

    return alters(change, of)


def edits(change, of=always):
    """Change the JSON of a response, in place or by what is returned."""

    return alters(lambda response: change_json(response, change), of)


def edits_data(change, of=always):
    """Change `data` of responses, in place or by what is returned."""

    def change_data(body):
        if isinstance(body, dict) and "data" in body:
            changed = change(body["data"])
            if changed is not None:
                body["data"] = changed

    return edits(change_data, of)


def edits_records(change, of=always):
    """Change each record of a response, alone or in a list."""

    def change_data(data):
        for record in data if isinstance(data, list) else [data]:
            change(record)

    return edits_data(change_data, of)


def replies(code, body=None, headers=(), of=always):
    """Answer by itself, without asking the application."""

    def broken(request, app):
        if not of(request):
            return forward(request, app)
        text = b"" if body is None else json.dumps(body).encode()
        response = request.ResponseClass(body=text, status=code)
        response.content_type = "application/json"
        response.charset = "UTF-8"
        response.headers.update(dict(headers))
        return response

    return broken


def twice(of=always):
    """Let the application do it a second time; the first response counts."""

    def broken(request, app):
        copy = request.copy()
        response = forward(request, app)
        if of(copy, response):
            forward(copy, app)
        return response

    return broken


def chain(*breaks):
    """Break in several ways; the first one is the outermost."""

    def broken(request, app):
        def below(rest):
            if not rest:
                return app

            def wrapped(environ, start_response):
                again = type(request)(environ)
                return rest[0](again, below(rest[1:]))(environ, start_response)

            return wrapped

        return forward(request, below(list(breaks)))

    return broken
