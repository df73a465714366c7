import assert from "node:assert/strict"
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, test } from "node:test"
import { startWeb } from "./server.ts"
import { startStore } from "./store.ts"

let dir = ""
const running: { stop(drainMs: number): Promise<void> }[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "guestbook-"))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(0)))
  rmSync(dir, { recursive: true })
})

async function store(): Promise<string> {
  const server = await startStore(0, dir)
  running.push(server)
  return `http://127.0.0.1:${server.port}`
}

async function web(storeUrl: string): Promise<string> {
  const server = await startWeb({ port: 0, storeUrl, version: "7" })
  running.push(server)
  return `http://127.0.0.1:${server.port}`
}

const sign = (url: string, name: string, text: string) =>
  fetch(url, { method: "POST", body: new URLSearchParams({ name, text }), redirect: "manual" })
const page = async (url: string) => (await fetch(url)).text()

test("an entry appears on the page, newest first", async () => {
  const url = await web(await store())
  assert.match(await page(url), /No entries yet/)
  const answer = await sign(url, "Ada", "first")
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.get("location"), "/")
  await sign(url, "Grace", "second")
  const text = await page(url)
  assert.match(text, /version 7/)
  assert.ok(text.indexOf("Grace") < text.indexOf("Ada") && text.includes("first"))
})

test("what people write is no markup", async () => {
  const url = await web(await store())
  await sign(url, "<script>", "</p>&\"'")
  const text = await page(url)
  assert.ok(text.includes("&#60;script&#62;") && text.includes("&#60;/p&#62;&#38;&#34;&#39;"))
})

test("an empty entry is refused", async () => {
  const url = await web(await store())
  assert.equal((await sign(url, "Ada", "  ")).status, 400)
  assert.match(await page(url), /No entries yet/)
})

test("too long an entry is refused", async () => {
  const url = await web(await store())
  assert.equal((await sign(url, "Ada", "x".repeat(50_000))).status, 413)
})

test("entries survive a restart of the store, and a line that was cut off", async () => {
  const first = await startStore(0, dir)
  await fetch(`http://127.0.0.1:${first.port}/entries`, { method: "POST", body: '{"name":"Ada","text":"kept"}' })
  await first.stop(0)
  appendFileSync(join(dir, "entries.jsonl"), '{"name":"Gra')
  const url = await store()
  await fetch(`${url}/entries`, { method: "POST", body: '{"name":"","text":"later"}' })
  const entries = (await (await fetch(`${url}/entries`)).json()) as { name: string; text: string }[]
  assert.deepEqual(
    entries.map(({ name, text }) => `${name}: ${text}`),
    ["anonymous: later", "Ada: kept"],
  )
  assert.equal(readFileSync(join(dir, "entries.jsonl"), "utf8").split("\n").length, 4)
})

test("ready once the store was found; a page without a store says so", async () => {
  const gone = await startStore(0, dir)
  await gone.stop(0)
  const storeUrl = `http://127.0.0.1:${gone.port}`
  const url = await web(storeUrl)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  const answer = await fetch(url)
  assert.equal(answer.status, 503)
  assert.ok((await answer.text()).includes(`the store at ${storeUrl} does not answer`))
  const other = await web(await store())
  assert.equal((await fetch(`${other}/readyz`)).status, 200)
})

test("while stopping, requests are answered and readiness is gone", async () => {
  const server = await startWeb({ port: 0, storeUrl: await store(), version: "7" })
  const url = `http://127.0.0.1:${server.port}`
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  const stopped = server.stop(500)
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  const answer = await fetch(url)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get("connection"), "close")
  await stopped
  await assert.rejects(fetch(url))
})

test("a request in progress ends before the server does", async () => {
  const storeUrl = await store()
  const server = await startWeb({ port: 0, storeUrl, version: "7" })
  const outgoing = request({ port: server.port, method: "POST", path: "/" })
  const answered = new Promise<number | undefined>((resolve) =>
    outgoing.once("response", (r) => resolve(r.resume().statusCode)),
  )
  await new Promise<void>((resolve) => outgoing.write("name=Ada&", () => resolve()))
  await fetch(`http://127.0.0.1:${server.port}/healthz`)
  const stopped = server.stop(0)
  outgoing.end("text=late")
  assert.equal(await answered, 303)
  await stopped
})
