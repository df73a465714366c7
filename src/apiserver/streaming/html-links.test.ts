import assert from "node:assert/strict"
import { test } from "node:test"
import { createHtmlLinks } from "./html-links.ts"
import { type ProxiedPlace, proxiedUrl } from "./proxied-url.ts"

const place: ProxiedPlace = {
  scheme: "",
  host: "",
  prefix: "/p/proxy",
  backendHost: "10.0.0.5:80",
  requestHost: "localhost:8001",
}

test("leads links to the server behind through this one, and no others", () => {
  const cases = [
    ["/x", "/p/proxy/x"],
    ["/", "/p/proxy/"],
    ["/a/../b//c/?q=/d#/e", "/p/proxy/b/c/?q=/d#/e"],
    ["x/y", "x/y"],
    ["", ""],
    ["?q", "?q"],
    ["#top", "#top"],
    ["mailto:a@b", "mailto:a@b"],
    ["http://10.0.0.5:80/x", "/p/proxy/x"],
    ["//10.0.0.5:80/x", "/p/proxy/x"],
    ["http://localhost:8001/x", "http://localhost:8001/p/proxy/x"],
    ["http://example.com/x", "http://example.com/x"],
    ["/p/proxy/x", "/p/proxy/x"],
    ["/a%2Fb", "/p/proxy/a%2Fb"],
    ["/%zz", undefined],
  ] as const
  for (const [link, expected] of cases) assert.equal(proxiedUrl(link, place), expected, link)
})

test("names the other server when it is asked under a name of its own", () => {
  const named = { ...place, scheme: "https", host: "h:1", prefix: "" }
  assert.equal(proxiedUrl("http://10.0.0.5:80/x", named), "https://h:1/x")
})

const documents = [
  { name: "a link", html: '<a href="/x">t</a>', becomes: '<a href="/p/proxy/x">t</a>' },
  { name: "no quotes", html: "<A HREF=/x>t</A>", becomes: '<A HREF="/p/proxy/x">t</A>' },
  { name: "other quotes", html: "<img alt='>' src = '/x\"y'/>", becomes: "<img alt='>' src = \"/p/proxy/x&#34;y\"/>" },
  { name: "references", html: '<a href="/x?a=1&amp;b&eacute;">', becomes: '<a href="/p/proxy/x?a=1&amp;b&eacute;">' },
  { name: "attributes of others", html: '<p href="/x"><a src="/y">', becomes: '<p href="/x"><a src="/y">' },
  { name: "two in one", html: '<video src="/a" poster="/b">', becomes: '<video src="/p/proxy/a" poster="/p/proxy/b">' },
  {
    name: "comments",
    html: '<!-- <a href="/x"> --><a href="/y">',
    becomes: '<!-- <a href="/x"> --><a href="/p/proxy/y">',
  },
  { name: "short comments", html: '<!--><a href="/y">', becomes: '<!--><a href="/p/proxy/y">' },
  {
    name: "scripts",
    html: `<script src="/s">'<a href="/x">'</scripty></script ><a href="/y">`,
    becomes: `<script src="/p/proxy/s">'<a href="/x">'</scripty></script ><a href="/p/proxy/y">`,
  },
  {
    name: "text",
    html: '1 < 2 <3 <!doctype html><?x <a?><a href="/x">',
    becomes: '1 < 2 <3 <!doctype html><?x <a?><a href="/p/proxy/x">',
  },
  { name: "plain text", html: '<plaintext></plaintext><a href="/x">', becomes: '<plaintext></plaintext><a href="/x">' },
  { name: "what has no end", html: '<a href="/x">y<a href="/z', becomes: '<a href="/p/proxy/x">y<a href="/z' },
]

for (const { name, html, becomes } of documents) {
  test(`replaces links: ${name}, however it is cut`, () => {
    for (let size = 1; size <= html.length; size++) {
      const links = createHtmlLinks((link) => proxiedUrl(link, place))
      let out = ""
      for (let at = 0; at < html.length; at += size) out += links.write(html.slice(at, at + size))
      assert.equal(out + links.end(), becomes)
    }
  })
}

test("gives up on a tag without end, and passes the rest", () => {
  const links = createHtmlLinks(() => "never")
  const long = `<a title="${"x".repeat(1 << 20)}`
  const out = links.write(long) + links.write('"><a href="/x">') + links.end()
  assert.equal(out, `${long}"><a href="/x">`)
})

test("a long tag costs no more in small pieces", () => {
  const links = createHtmlLinks((link) => proxiedUrl(link, place))
  // Looked at with each byte, it would take minutes.
  const attributes = "b=c ".repeat(1 << 16)
  let out = ""
  for (const byte of `<a ${attributes}href="/x">`) out += links.write(byte)
  assert.equal(out + links.end(), `<a ${attributes}href="/p/proxy/x">`)
})
