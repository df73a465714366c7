import assert from "node:assert/strict"
import { createServer } from "node:http"
import { type AddressInfo, createServer as createTcpServer } from "node:net"
import { after, test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { WebhookCallError } from "./call-error.ts"
import type { ServiceResolver, WebhookTarget } from "./target.ts"
import { startTestWebhook, testCa, type WebhookAnswer } from "./testing.ts"
import { createWebhookClient, type WebhookCallOptions } from "./webhook-client.ts"

const { clock } = createNodePlatform({ logLevel: "error" })
const noService: ServiceResolver = (_namespace, name) => {
  throw new Error(`service ${JSON.stringify(name)} not found`)
}
const client = createWebhookClient({ clock, resolve: noService })
after(() => client.close())

async function call(target: WebhookTarget, options: Partial<WebhookCallOptions> = {}, by = client): Promise<unknown> {
  return by.post(target, { hello: "there" }, { timeoutMs: 10_000, ...options })
}

async function problem(promise: Promise<unknown>): Promise<WebhookCallError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof WebhookCallError, String(error))
  return error
}

async function withWebhook(answer: WebhookAnswer, run: (target: { url: string; caBundle: string }) => Promise<void>) {
  const webhook = await startTestWebhook(answer)
  try {
    await run(webhook)
  } finally {
    await webhook.close()
  }
}

test("posts JSON, tells the timeout and keeps the connection", async () => {
  const sockets = new Set<unknown>()
  const webhook = await startTestWebhook((_, response) => {
    sockets.add(response.socket)
    return { ok: true }
  })
  try {
    const target = { url: `${webhook.url}/a//b/`, caBundle: webhook.caBundle }
    assert.deepEqual(await call(target), { ok: true })
    await call(target, { timeoutMs: 62_500 })
    const [first, second] = webhook.calls
    assert.equal(first?.path, "/a/b?timeout=10s")
    assert.equal(second?.path, "/a/b?timeout=1m3s")
    assert.deepEqual(first?.body, { hello: "there" })
    assert.equal(first?.headers["content-type"], "application/json")
    assert.equal(first?.headers["user-agent"], "kube-apiserver-admission")
    assert.equal(sockets.size, 1)
  } finally {
    await webhook.close()
  }
})

test("reaches a service at its address, but by its name", async () => {
  const webhook = await startTestWebhook(() => ({ ok: true }), { hosts: ["hook.prod.svc"] })
  const asked: unknown[] = []
  const by = createWebhookClient({
    clock,
    resolve: (...service) => {
      asked.push(service)
      return { host: "127.0.0.1", port: webhook.port }
    },
  })
  try {
    const service = { namespace: "prod", name: "hook", path: "/x" }
    assert.deepEqual(await call({ service, caBundle: webhook.caBundle }, {}, by), { ok: true })
    assert.deepEqual(asked, [["prod", "hook", 443]])
    assert.equal(webhook.calls[0]?.headers.host, "hook.prod.svc:443")
    const other = { ...service, name: "other" }
    const { message } = await problem(call({ service: other, caBundle: webhook.caBundle }, {}, by))
    assert.equal(
      message,
      'Post "https://other.prod.svc:443/x?timeout=10s": tls: failed to verify certificate: x509: certificate is valid for hook.prod.svc, not other.prod.svc',
    )
  } finally {
    by.close()
    await webhook.close()
  }
})

test("says what is wrong with a target", async () => {
  assert.equal((await problem(call({}))).message, "webhook configuration must have either service or URL")
  assert.equal(
    (await problem(call({ service: { namespace: "a", name: "b" } }))).message,
    'Post "https://b.a.svc:443/?timeout=10s": service "b" not found',
  )
  assert.equal(
    (await problem(call({ url: "https://127.0.0.1/", caBundle: Buffer.from("nothing").toString("base64") }))).message,
    "unable to load root certificates: unable to parse bytes as PEM block",
  )
})

test("does not trust who cannot prove that he is meant", async () => {
  const unknown = await startTestWebhook(() => ({}))
  const stranger = Buffer.from(testCa().cert).toString("base64")
  const named = await startTestWebhook(() => ({}), { hosts: ["a.example"] })
  const nameless = await startTestWebhook(() => ({}), { hosts: [] })
  const expired = await startTestWebhook(() => ({}), { validMs: -1000 })
  const saying = async (target: { url: string; caBundle: string }, caBundle = target.caBundle) =>
    (await problem(call({ url: target.url, caBundle }))).message.replace(/^Post "[^"]*": /, "")
  const x509 = (why: string) => `tls: failed to verify certificate: x509: ${why}`
  try {
    assert.equal(await saying(unknown, stranger), x509("certificate signed by unknown authority"))
    assert.equal(await saying(unknown, ""), x509("certificate signed by unknown authority"))
    assert.equal(
      await saying(named),
      x509("cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"),
    )
    const local = { ...nameless, url: nameless.url.replace("127.0.0.1", "localhost") }
    assert.equal(await saying(local), x509("certificate relies on legacy Common Name field, use SANs instead"))
    assert.equal(await saying(expired), x509("certificate has expired or is not yet valid"))
  } finally {
    for (const webhook of [unknown, named, nameless, expired]) await webhook.close()
  }
})

test("words what a connection does", async () => {
  const plain = createServer((_, response) => response.end("hello"))
  const mute = createTcpServer((socket) => socket.destroy())
  const portOf = (server: typeof plain | typeof mute) =>
    new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    )
  const plainPort = await portOf(plain)
  const mutePort = await portOf(mute)
  const at = (port: number) => call({ url: `https://127.0.0.1:${port}/x` })
  assert.equal(
    (await problem(at(plainPort))).message,
    `Post "https://127.0.0.1:${plainPort}/x?timeout=10s": http: server gave HTTP response to HTTPS client`,
  )
  assert.equal((await problem(at(mutePort))).message, `Post "https://127.0.0.1:${mutePort}/x?timeout=10s": EOF`)
  await new Promise((resolve) => plain.close(resolve))
  await new Promise((resolve) => mute.close(resolve))
  assert.equal(
    (await problem(at(plainPort))).message,
    `Post "https://127.0.0.1:${plainPort}/x?timeout=10s": dial tcp 127.0.0.1:${plainPort}: connect: connection refused`,
  )
})

const answers: readonly { name: string; answer: WebhookAnswer; message: string; reason?: string }[] = [
  {
    name: "a redirect, which is not followed",
    answer: (_, response) => void response.writeHead(307, { location: "https://127.0.0.1:1/secret" }).end(),
    message: "the server responded with the status code 307 but did not return more information",
    reason: "",
  },
  {
    name: "404",
    answer: (_, response) => void response.writeHead(404).end("no such page"),
    message: "the server could not find the requested resource",
    reason: "NotFound",
  },
  {
    name: "500 with a text",
    answer: (_, response) => void response.writeHead(500, { "content-type": "text/plain" }).end("it\nbroke\n"),
    message: 'an error on the server ("it\\nbroke") has prevented the request from succeeding',
    reason: "InternalError",
  },
  {
    name: "a status",
    answer: (_, response) => {
      const status = { kind: "Status", status: "Failure", reason: "Forbidden", code: 403, message: "go away" }
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(status))
    },
    message: "go away",
    reason: "Forbidden",
  },
  {
    name: "nothing",
    answer: (_, response) => void response.writeHead(200, { "content-type": "application/json" }).end(),
    message: "0-length response with status code: 200 and content type: application/json",
  },
  {
    name: "no JSON",
    answer: (_, response) => void response.end("<html>"),
    message: "couldn't get version/kind; json parse error: invalid character '<' looking for beginning of value",
  },
  {
    name: "too much",
    answer: (_, response) => void response.end("x".repeat(2000)),
    message: "the response is larger than 1000 bytes",
  },
]
for (const { name, answer, message, reason } of answers) {
  test(`a server that answers with ${name}`, async () => {
    await withWebhook(answer, async (target) => {
      const error = await problem(call(target, { responseBytesMax: 1000 }))
      assert.equal(error.message, message)
      assert.equal(error.status?.reason, reason)
    })
  })
}

test("calls again when the server asks for it", async () => {
  let count = 0
  const busyOnce: WebhookAnswer = (_, response) => {
    if (count++ > 0) return { ok: true }
    response.writeHead(503, { "retry-after": "0" }).end()
  }
  await withWebhook(busyOnce, async (target) => assert.deepEqual(await call(target), { ok: true }))
  assert.equal(count, 2)
})

test("gives up in time, and when nobody waits any more", async () => {
  let began = () => undefined as void
  const never: WebhookAnswer = () => began()
  await withWebhook(never, async (target) => {
    const late = await problem(call(target, { timeoutMs: 20 }))
    assert.match(late.message, /^Post "https:\/\/127\.0\.0\.1:\d+\/\?timeout=1s": context deadline exceeded$/)
    assert.equal(late.canceled, false)
    const nobody = new AbortController()
    began = () => nobody.abort()
    const dropped = await problem(call(target, { signal: nobody.signal }))
    assert.match(dropped.message, /: context canceled$/)
    assert.equal(dropped.canceled, true)
  })
})
