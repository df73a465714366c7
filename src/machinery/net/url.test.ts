import assert from "node:assert/strict"
import { test } from "node:test"
import { checkRequestUri, parseUrl, UrlError, urlHostname, urlPort, urlQuery } from "./url.ts"

interface Read {
  readonly url: string
  readonly scheme: string
  readonly host: string
  readonly hostname?: string
  readonly port?: string
  readonly path: string
  readonly text?: string
}

/** As Go 1.26 reads them. */
const read: readonly Read[] = [
  { url: "/", scheme: "", host: "", path: "/" },
  { url: "*", scheme: "", host: "", path: "*" },
  { url: "//host/p", scheme: "", host: "host", path: "/p" },
  { url: "///x", scheme: "", host: "", path: "///x" },
  { url: "a:b", scheme: "a", host: "", path: "" },
  { url: "http://", scheme: "http", host: "", path: "", text: "http:" },
  { url: "http:///p", scheme: "http", host: "", path: "/p" },
  { url: "HTTP://H/p", scheme: "http", host: "H", path: "/p", text: "http://H/p" },
  { url: "http://h:80/p", scheme: "http", host: "h:80", hostname: "h", port: "80", path: "/p" },
  { url: "http://h:/p", scheme: "http", host: "h:", hostname: "h", path: "/p" },
  { url: "foo://h:1:2/p", scheme: "foo", host: "h:1:2", hostname: "h:1", port: "2", path: "/p" },
  { url: "http://[::1]:80/p", scheme: "http", host: "[::1]:80", hostname: "::1", port: "80", path: "/p" },
  { url: "http://[fe80::1%25e]/", scheme: "http", host: "[fe80::1%e]", hostname: "fe80::1%e", path: "/" },
  { url: "http://u%20x:p%2fy@h/p", scheme: "http", host: "h", path: "/p", text: "http://u%20x:p%2Fy@h/p" },
  { url: "http://é.com/ü?ö", scheme: "http", host: "é.com", path: "/%C3%BC", text: "http://%C3%A9.com/%C3%BC?ö" },
  { url: "http://h/a%2fb", scheme: "http", host: "h", path: "/a%2fb" },
  { url: "http://h/a b%20c", scheme: "http", host: "h", path: "/a%20b%20c", text: "http://h/a%20b%20c" },
  { url: "http://h/p#fr ag", scheme: "http", host: "h", path: "/p", text: "http://h/p#fr%20ag" },
  { url: "http://h?", scheme: "http", host: "h", path: "" },
  {
    url: "http://h/a^[x]!'()*",
    scheme: "http",
    host: "h",
    path: "/a%5E%5Bx%5D%21%27%28%29%2A",
    text: "http://h/a%5E%5Bx%5D%21%27%28%29%2A",
  },
]
for (const { url, text = url, hostname, port = "", ...parts } of read) {
  test(`reads ${url}`, () => {
    const parsed = parseUrl(url)
    const { scheme, host, escapedPath } = parsed
    assert.deepEqual({ scheme, host, path: escapedPath, text: parsed.text }, { ...parts, text })
    assert.deepEqual([urlHostname(parsed), urlPort(parsed)], [hostname ?? host, port])
  })
}

const refused = [
  ["", 'parse "": empty url'],
  ["a", 'parse "a": invalid URI for request'],
  ["../relative-path", 'parse "../relative-path": invalid URI for request'],
  [":x", 'parse ":x": missing protocol scheme'],
  ["/a\u0001", 'parse "/a\\x01": net/url: invalid control character in URL'],
  ["https://a:b:c/", 'parse "https://a:b:c/": invalid port ":b:c" after host'],
  ["http://h:1:2/p", 'parse "http://h:1:2/p": invalid port ":1:2" after host'],
  ["http://[::1", `parse "http://[::1": missing ']' in host`],
  ["http://x[::1]", 'parse "http://x[::1]": invalid IP-literal'],
  ["http://[1.2.3.4]", 'parse "http://[1.2.3.4]": invalid IP-literal'],
  ["http://u u@h", 'parse "http://u u@h": net/url: invalid userinfo'],
  ["http://h%41", 'parse "http://h%41": invalid URL escape "%41"'],
  ["http://h /", 'parse "http://h /": invalid character " " in host name'],
  ["http://h/a%zz", 'parse "http://h/a%zz": invalid URL escape "%zz"'],
] as const
for (const [url, message] of refused) {
  test(`refuses ${JSON.stringify(url)}`, () => {
    assert.throws(() => checkRequestUri(url), new UrlError(message))
    assert.throws(() => parseUrl(url), new UrlError(message))
  })
}

test("a fragment with a broken escape is refused", () => {
  assert.throws(() => parseUrl("/p#%zz"), new UrlError('parse "/p#%zz": invalid URL escape "%zz"'))
})

test("a query gives values by name, and leaves out what is malformed", () => {
  const query = urlQuery(parseUrl("/a?b=c&b=d&e&f=%zz&g=a+b%20c&;x=1&h=a=b&__proto__=x"))
  assert.deepEqual(
    [...query],
    [
      ["b", ["c", "d"]],
      ["e", [""]],
      ["g", ["a b c"]],
      ["h", ["a=b"]],
      ["__proto__", ["x"]],
    ],
  )
})
