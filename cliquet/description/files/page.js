// Shows the description that is beside this page, and sends what people try.
"use strict";

{
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();

  // What the viewer leaves unnamed, or names by its id, for those who do not see it.
  const named = {
    "#servers": { "aria-label": "Server" },
    ".operation-filter-input": { "aria-label": "Filter by tag or path" },
    ".modal-dialog-ux": { role: "dialog", "aria-modal": "true", "aria-label": "Credentials" },
    ".close-modal": { "aria-label": "Close" },
    "#auth-basic-username": { "aria-label": "Username" },
    "#auth-basic-password": { "aria-label": "Password" },
    "#auth-bearer-value": { "aria-label": "Token" },
    "#api_key_value": { "aria-label": "API key" },
    ".body-param__text": { "aria-label": "Request body" },
  };
  const page = document.getElementById("page");

  const name = () => {
    for (const [selector, attributes] of Object.entries(named)) {
      for (const element of page.querySelectorAll(selector)) {
        for (const each of Object.entries(attributes)) element.setAttribute(...each);
      }
    }
  };
  new MutationObserver(name).observe(page, { childList: true, subtree: true });

  // The viewer encodes Basic Auth by `btoa`, which knows bytes alone: the service reads
  // UTF-8 (RFC 7617, 2.1).
  const bytes = (text) =>
    String.fromCharCode(...new TextEncoder().encode(text ?? ""));

  const encode = (credentials) => {
    const { value } = credentials;
    if (typeof value?.username !== "string") return credentials;
    const { username, password } = value;
    const encoded = { username: bytes(username), password: bytes(password) };
    return { ...credentials, value: { ...value, ...encoded } };
  };

  const encodeBasic = (execute) => (request) => {
    const { authorized, ...others } = request.securities ?? {};
    if (!authorized) return execute(request);
    const encoded = Object.fromEntries(
      Object.entries(authorized).map(([name, each]) => [name, encode(each)]),
    );
    return execute({ ...request, securities: { ...others, authorized: encoded } });
  };

  const readsCookies = () => {
    const { components } = viewer.specSelectors.specJson().toJS();
    const schemes = Object.values(components?.securitySchemes ?? {});
    return schemes.some((scheme) => scheme.in === "cookie");
  };

  const send = (request) => {
    if (request.loadSpec) return request;
    // What people signed in with here is sent, and nothing that the browser remembers;
    // nor does it ask for a password itself at a 401, to keep that until it is closed.
    request.credentials = readsCookies() ? "same-origin" : "omit";
    // They want to see what the service answers now.
    request.cache = "no-store";
    return request;
  };

  const viewer = SwaggerUIBundle({
    url: "__api__",
    domNode: page,
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    // In memory: they are gone with the tab.
    persistAuthorization: false,
    plugins: [
      { statePlugins: { spec: { wrapActions: { executeRequest: encodeBasic } } } },
    ],
    queryConfigEnabled: false,
    requestInterceptor: send,
    // It would send the description to another host.
    validatorUrl: null,
  });
}
