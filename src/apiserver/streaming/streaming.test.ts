import assert from "node:assert/strict"
import { once } from "node:events"
import type { IncomingMessage, Server } from "node:http"
import { createServer as createPlainServer } from "node:http"
import type { ClientHttp2Session } from "node:http2"
import { createServer, request } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { after, before, test } from "node:test"
import { gunzipSync, gzipSync } from "node:zlib"
import { WebSocket } from "ws"
import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { ensureNodePki } from "../../pki/pki.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { openSession, sendH1, sendH2, startTestServer, type TestServer } from "../testing.ts"
import { createStreamingHandler } from "./streaming.ts"

const platform = createNodePlatform({ logLevel: "error" })
let back: TestBack
let server: TestServer
let session: ClientHttp2Session
let kubelet: Server
/** More than all buffers on the way hold. */
const MUCH = 32 << 20
const seen: { url: string; user: string | undefined; headers: IncomingMessage["headers"] }[] = []

before(async () => {
  back = await startTestBack({ resources: [Pod, Node, Service, Endpoints] })
  server = await startTestServer(async () => ({ type: "value", code: 200, value: {} }), {
    // The certificates are made by the test server, so they are only known when a call comes.
    streaming: (call) =>
      createStreamingHandler({
        reader: back.server.reader,
        random: platform.random,
        clock: platform.clock,
        kubelet: () => ({ ca: server.pki.ca.cert, ...server.pki.kubeletClient }),
      })(call),
  })
  session = openSession(server)
  const { serving } = ensureNodePki({ dir: server.dir, platform, nodeName: "n1", addresses: ["127.0.0.1"] })
  kubelet = createServer({ cert: serving.cert, key: serving.key, ca: server.pki.ca.cert, requestCert: true })
  kubelet.on("request", (incoming, response) => {
    note(incoming)
    if (incoming.url?.includes("waiting")) {
      response.writeHead(400).end('container "waiting" in pod "two" is waiting to start: ContainerCreating')
      return
    }
    response.writeHead(200, { "content-type": "application/octet-stream" })
    response.write("first line\n")
    if (incoming.url?.includes("follow")) response.on("close", () => kubelet.emit("abandoned"))
    else response.end("last line\n")
  })
  kubelet.on("upgrade", (incoming, socket: Duplex, head) => {
    note(incoming)
    if (incoming.url?.includes("/two/")) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 30\r\n\r\ncontainer not found ("first")\n')
      return
    }
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream: v4\r\n\r\n")
    if (incoming.url?.includes("port=81")) {
      socket.end(Buffer.alloc(MUCH, 7), () => socket.destroy())
      return
    }
    socket.write(head)
    socket.pipe(socket)
  })
  await once(kubelet.listen(0, "127.0.0.1"), "listening")
  await createObjects()
})
after(async () => {
  session.close()
  await server.close()
  kubelet.closeAllConnections()
  kubelet.close()
  await back.close()
})

function note(incoming: IncomingMessage): void {
  const { socket } = incoming as { readonly socket: unknown }
  const peer = (socket as { getPeerCertificate(): { subject?: { CN?: string } } }).getPeerCertificate()
  seen.push({ url: incoming.url ?? "", user: peer.subject?.CN, headers: incoming.headers })
}

async function createObjects(): Promise<void> {
  const { client } = back
  const { port } = kubelet.address() as AddressInfo
  await client.of(Node).create({
    metadata: { name: "n1" },
    status: {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  })
  const pod = (name: string, names: readonly string[], nodeName?: string) =>
    client.of(Pod).create({
      metadata: { name, namespace: "a" },
      spec: {
        ...(nodeName && { nodeName }),
        containers: names.map((each) => ({ name: each, image: "i" })),
        initContainers: names.length > 1 ? [{ name: "setup", image: "i" }] : [],
      },
    })
  await pod("one", ["main"], "n1")
  await pod("two", ["first", "waiting"], "n1")
  await pod("early", ["main"])
}

const podPath = (name: string) => `/api/v1/namespaces/a/pods/${name}`
const get = (path: string) => sendH2(session, { path })

test("passes a log on, with the kubelet's own options", async () => {
  const query = "tailLines=5&timestamps=true&sinceSeconds=9&limitBytes=100&previous=1&stream=All&other=x"
  const answer = await get(`${podPath("one")}/log?${query.replace("tailLines=5&", "")}`)
  assert.deepEqual([answer.code, answer.body], [200, "first line\nlast line\n"])
  assert.equal(answer.headers["content-type"], "text/plain")
  const url = new URL(seen.at(-1)?.url ?? "", "https://x")
  assert.equal(url.pathname, "/containerLogs/a/one/main")
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    previous: "true",
    timestamps: "true",
    limitBytes: "100",
    sinceSeconds: "9",
    stream: "All",
  })
  assert.equal(seen.at(-1)?.user, "kube-apiserver-kubelet-client")
  assert.equal((await get(`${podPath("early")}/log`)).code, 204)
})

test("sends a log in messages of a WebSocket", async () => {
  for (const [protocol, decode] of [
    ["binary.k8s.io", (message: Buffer) => message.toString()],
    ["base64.binary.k8s.io", (message: Buffer) => Buffer.from(message.toString(), "base64").toString()],
  ] as const) {
    const { ca, admin } = server.pki
    const url = `wss://localhost:${server.port}${podPath("one")}/log`
    const socket = new WebSocket(url, [protocol], { ca: ca.cert, cert: admin.cert, key: admin.key })
    const messages: Buffer[] = []
    socket.on("message", (message: Buffer) => messages.push(message))
    await once(socket, "close")
    assert.equal(socket.protocol, protocol)
    assert.equal(messages[0]?.length, 0)
    assert.equal(messages.map(decode).join(""), "first line\nlast line\n")
  }
})

test("refuses logs in Kubernetes' words", async () => {
  const cases = [
    ["none/log", 404, 'pods "none" not found'],
    ["two/log", 400, "a container name must be specified for pod two, choose one of: [setup first waiting]"],
    ["two/log?container=nope", 400, "container nope is not valid for pod two"],
    ["two/log?container=waiting", 400, 'container "waiting" in pod "two" is waiting to start: ContainerCreating'],
    [
      "one/log?tailLines=-1&limitBytes=0&stream=Odd",
      422,
      'PodLogOptions "one" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0, stream: Unsupported value: "Odd": supported values: "All", "Stderr", "Stdout", <nil>: Forbidden: `tailLines` and specific `stream` are mutually exclusive for now]',
    ],
  ] as const
  for (const [path, code, message] of cases) {
    const answer = await get(podPath(path))
    assert.deepEqual([answer.code, JSON.parse(answer.body).message], [code, message])
  }
})

test("follows a log until the client goes away", async () => {
  const stream = session.request({ ":path": `${podPath("one")}/log?follow=true` })
  const [chunk] = (await once(stream, "data")) as [Buffer]
  assert.equal(chunk.toString(), "first line\n")
  const abandoned = once(kubelet, "abandoned")
  stream.close()
  await abandoned
})

async function upgrade(path: string, headers: Readonly<Record<string, string>>) {
  const { ca, admin } = server.pki
  const sent = request({
    host: "127.0.0.1",
    port: server.port,
    path,
    method: "POST",
    headers: { connection: "Upgrade", ...headers },
    agent: false,
    ca: ca.cert,
    cert: admin.cert,
    key: admin.key,
  })
  sent.end()
  const upgraded = once(sent, "upgrade") as Promise<[IncomingMessage, Duplex, Buffer]>
  const answered = once(sent, "response") as Promise<[IncomingMessage]>
  return Promise.race([upgraded, answered])
}

test("joins the client and the kubelet, and then only passes bytes", async () => {
  const query = "command=sh&command=-c&command=a%20b&stdin=true&stdout=true&stderr=false&tty=true&container=main"
  const [response, socket] = await upgrade(`${podPath("one")}/exec?${query}`, {
    upgrade: "SPDY/3.1",
    "x-stream-protocol-version": "v4.channel.k8s.io",
    "sec-websocket-protocol": "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.c2VjcmV0",
    "impersonate-user": "test-admin",
  })
  assert.equal(response.statusCode, 101)
  assert.equal(response.headers["x-stream"], "v4")
  const call = seen.at(-1)
  assert.equal(call?.url, "/exec/a/one/main?input=1&output=1&tty=1&command=sh&command=-c&command=a+b")
  assert.equal(call?.headers["x-stream-protocol-version"], "v4.channel.k8s.io")
  assert.equal(call?.headers["sec-websocket-protocol"], "v5.channel.k8s.io")
  assert.equal(call?.headers["impersonate-user"], undefined)
  assert.ok(socket !== undefined)
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251))
  socket.write(bytes)
  const received: Buffer[] = []
  let length = 0
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received.push(chunk)
    length += chunk.length
    if (length >= bytes.length) break
  }
  assert.deepEqual(Buffer.concat(received), bytes)
  socket.destroy()
})

test("forwards ports, and passes a kubelet's refusal as it is", async () => {
  const [forwarded, socket] = await upgrade(`${podPath("one")}/portforward?ports=80`, { upgrade: "SPDY/3.1" })
  assert.equal(forwarded.statusCode, 101)
  assert.equal(seen.at(-1)?.url, "/portForward/a/one?port=80")
  socket?.destroy()
  const [refused] = await upgrade(`${podPath("two")}/attach?container=first`, { upgrade: "SPDY/3.1" })
  assert.equal(refused.statusCode, 404)
  assert.equal((await Array.fromAsync(refused as AsyncIterable<Buffer>)).join(""), 'container not found ("first")\n')
  const plain = await sendH1(server, { method: "POST", path: `${podPath("one")}/exec?command=ls` })
  assert.deepEqual([plain.code, JSON.parse(plain.body).message], [400, "Upgrade request required"])
  const early = await sendH1(server, { method: "POST", path: `${podPath("early")}/exec?command=ls` })
  assert.equal(JSON.parse(early.body).message, "pod early does not have a host assigned")
})

test("hands everything over before it ends with the kubelet", async () => {
  const [, socket] = await upgrade(`${podPath("one")}/portforward?ports=81`, { upgrade: "SPDY/3.1" })
  let length = 0
  for await (const chunk of (socket ?? []) as AsyncIterable<Buffer>) {
    length += chunk.length
    // Slower than the kubelet, so that buffers are full when it leaves.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(length, MUCH)
})

test("proxies to the kubelet itself", async () => {
  const path = "/api/v1/nodes/n1/proxy"
  assert.equal((await get(`${path}/stats/summary?a=b`)).body, "first line\nlast line\n")
  assert.equal(seen.at(-1)?.url, "/stats/summary?a=b")
  assert.equal((await get(`${path}`)).headers["location"], `${path}/`)
})

test("leads links of what is proxied through this server", async () => {
  const plain = createPlainServer((incoming, response) => {
    const headers = { "x-uri": incoming.headers["x-forwarded-uri"], "x-host": incoming.headers.host }
    const body = `<a href="/x">${incoming.url}</a>`
    if (incoming.url === "/moved") response.writeHead(302, { location: "/to?a=b" }).end()
    else if (incoming.url === "/gzip") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-encoding": "gzip" })
      response.end(gzipSync(body))
    } else {
      response.writeHead(200, { ...headers, "content-type": "text/html", "access-control-allow-origin": "*" })
      response.end(body)
    }
  })
  await once(plain.listen(0, "127.0.0.1"), "listening")
  const { port } = plain.address() as AddressInfo
  const base = `/api/v1/nodes/http:n1:${port}/proxy`
  const page = await get(`${base}/a%3Fb/?c=d`)
  assert.equal(page.body, `<a href="${base}/x">/a%3Fb/?c=d</a>`)
  assert.deepEqual([page.headers["x-uri"], page.headers["x-host"]], [`${base}/a%3Fb/`, `127.0.0.1:${server.port}`])
  assert.equal(page.headers["access-control-allow-origin"], undefined)
  assert.equal((await get(`${base}/moved`)).headers["location"], `${base}/to?a=b`)
  assert.equal(gunzipSync((await get(`${base}/gzip`)).bytes).toString(), `<a href="${base}/x">/gzip</a>`)
  plain.close()
})

test("does not proxy to this machine on behalf of pods and services", async () => {
  const { client } = back
  const plain = createPlainServer((_, response) => response.end("secret"))
  await once(plain.listen(0, "127.0.0.1"), "listening")
  const { port } = plain.address() as AddressInfo
  const pod = await client.of(Pod).get({ namespace: "a", name: "one" })
  await client.of(Pod).updateStatus({ ...pod, status: { ...pod.status, podIP: "127.0.0.1" } })
  const answer = await get(`${podPath(`one:${port}`)}/proxy/`)
  assert.deepEqual([answer.code, JSON.parse(answer.body).message], [400, "address not allowed"])
  const missing = await get("/api/v1/namespaces/a/services/web:80/proxy/")
  assert.equal(JSON.parse(missing.body).message, 'services "web" not found')
  plain.close()
})
