import { once } from "node:events"
import { request as sendRequest } from "node:https"
import { Duplex, PassThrough } from "node:stream"
import { text } from "node:stream/consumers"
import { connect } from "node:tls"
import { WebSocket } from "ws"
import type { Pod } from "../../api/core/v1/pod.ts"
import { createSpdyConnection, type SpdyConnection } from "../../machinery/spdy/connection.ts"
import { type KeyedCertificate, makeCertificate } from "../../pki/certificate.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import type { ContainerId, ContainerRuntime, SandboxId } from "../../runtime/runtime.ts"
import type { ContainerInstance, PodAccess } from "../pod-access.ts"
import { type KubeletServer, type KubeletServerOptions, startKubeletServer } from "./server.ts"

/** The real server over TLS, with clients as Kubernetes' own. */

const platform = createNodePlatform({ logTo: new PassThrough().resume() })
const DAY_MS = 86_400_000
const certificates = { clock: platform.clock, random: platform.random }
export const testCa = makeCertificate({ commonName: "ca", usage: "ca", validMs: DAY_MS }, undefined, certificates)

export function clientCertificate(
  commonName: string,
  organizations: readonly string[],
  issuer = testCa,
): KeyedCertificate {
  return makeCertificate({ commonName, organizations, usage: "client", validMs: DAY_MS }, issuer, certificates)
}

const admin = clientCertificate("kube-apiserver-kubelet-client", ["system:masters"])

export interface TestPod {
  readonly pod: Pod
  readonly sandbox?: SandboxId
  readonly containers?: ReadonlyMap<string, { current?: ContainerInstance; previous?: ContainerInstance }>
}

export function podAccess(entries: readonly TestPod[]): PodAccess {
  const of = (uid: string) => entries.find(({ pod }) => pod.metadata.uid === uid)
  return {
    pods: () => entries.map(({ pod }) => pod),
    find: (namespace, name) =>
      entries.find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name)?.pod,
    byUid: (uid) => of(uid)?.pod,
    sandboxId: (uid) => of(uid)?.sandbox,
    container: (uid, name) => of(uid)?.containers?.get(name),
  }
}

/** A pod `default/web` with the container `main`, which runs. */
export function runningPod(
  id: ContainerId,
  sandbox: SandboxId,
  overrides: { tty?: boolean; logPath?: string } = {},
): TestPod {
  const { tty = false, logPath = "/nowhere" } = overrides
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "uid-1",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: { containers: [{ name: "main", image: "i", tty, stdin: true }], nodeName: "node-1" },
    status: {
      phase: "Running",
      containerStatuses: [{ name: "main", state: { running: {} }, containerID: `gantry://${id}` }],
    },
  } as unknown as Pod
  const current: ContainerInstance = { id, state: "RUNNING", logPath, attempt: 0 }
  return { pod, sandbox, containers: new Map([["main", { current }]]) }
}

export async function startTestServer(
  runtime: ContainerRuntime,
  entries: readonly TestPod[],
  overrides: Partial<KubeletServerOptions> = {},
): Promise<TestServer> {
  const serving = makeCertificate(
    { commonName: "node-1", usage: "server", hosts: ["127.0.0.1"], validMs: DAY_MS },
    testCa,
    certificates,
  )
  const server = await startKubeletServer({
    platform,
    nodeName: "node-1",
    address: "127.0.0.1",
    port: 0,
    cert: serving.cert,
    key: serving.key,
    clientCa: testCa.cert,
    authorize: async () => true,
    pods: podAccess(entries),
    runtime,
    ...overrides,
  })
  return new TestServer(server)
}

export interface Answer {
  readonly status: number
  readonly type: string | undefined
  readonly body: string
}

export class TestServer {
  readonly server: KubeletServer

  constructor(server: KubeletServer) {
    this.server = server
  }

  async request(
    path: string,
    options: { method?: string; as?: KeyedCertificate | undefined; token?: string } = {},
  ): Promise<Answer> {
    const { method = "GET", token } = options
    const identity = "as" in options ? options.as : admin
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const request = sendRequest({
      ...this.#address(),
      path,
      method,
      headers,
      agent: false,
      ca: testCa.cert,
      ...identity,
    })
    request.end()
    const [response] = await once(request, "response")
    const { statusCode: status, headers: answered } = response
    return { status, type: answered["content-type"], body: await text(response) }
  }

  /** The messages that come are kept from the first on. */
  async webSocket(path: string, protocols: readonly string[]): Promise<WebSocketClient> {
    const { host, port } = this.#address()
    const socket = new WebSocket(`wss://${host}:${port}${path}`, [...protocols], { ca: testCa.cert, ...admin })
    const client = new WebSocketClient(socket)
    await Promise.race([once(socket, "open"), once(socket, "unexpected-response").then(refusedBy)])
    return client
  }

  async spdy(path: string, protocols: readonly string[]): Promise<SpdyConnection & { readonly protocol: string }> {
    const socket = connect({ ...this.#address(), ca: testCa.cert, ...admin })
    const lines = [
      `POST ${path} HTTP/1.1`,
      "Host: kubelet",
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      "Content-Length: 0",
    ]
    const offers = protocols.map((protocol) => `X-Stream-Protocol-Version: ${protocol}`)
    socket.write(`${[...lines, ...offers].join("\r\n")}\r\n\r\n`)
    const head = await readHead(socket)
    if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`${head}${await text(socket)}`)
    const [, protocol = ""] = /^x-stream-protocol-version: (.*?)\r?$/im.exec(head) ?? []
    return { ...createSpdyConnection(socket, { role: "client" }), protocol }
  }

  /** A stream of bytes inside of a WebSocket, whose protocol has a name that the library refuses. */
  async tunnel(path: string, protocol: string): Promise<Duplex> {
    const socket = connect({ ...this.#address(), ca: testCa.cert, ...admin })
    const key = Buffer.alloc(16, "k").toString("base64")
    const lines = [`GET ${path} HTTP/1.1`, "Host: kubelet", "Connection: Upgrade", "Upgrade: websocket"]
    const handshake = [`Sec-WebSocket-Key: ${key}`, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Protocol: ${protocol}`]
    socket.write(`${[...lines, ...handshake].join("\r\n")}\r\n\r\n`)
    const head = await readHead(socket)
    if (!head.includes(`Sec-WebSocket-Protocol: ${protocol}\r\n`)) throw new Error(head)
    return webSocketBytes(socket)
  }

  #address() {
    return { host: this.server.address, port: this.server.port }
  }
}

async function refusedBy([, response]: unknown[]): Promise<never> {
  const { statusCode } = response as { statusCode: number }
  throw new Error(`${statusCode} ${await text(response as NodeJS.ReadableStream)}`)
}

async function readHead(socket: Duplex): Promise<string> {
  let head = Buffer.alloc(0)
  for (;;) {
    const [chunk] = (await once(socket, "data")) as [Buffer]
    socket.pause()
    head = Buffer.concat([head, chunk])
    const end = head.indexOf("\r\n\r\n")
    if (end === -1) {
      socket.resume()
      continue
    }
    if (head.length > end + 4) socket.unshift(head.subarray(end + 4))
    return head.toString("latin1", 0, end + 4)
  }
}

/** The content of a WebSocket's binary messages, as a client sends and gets them (RFC 6455). Ends with the first close. */
function webSocketBytes(socket: Duplex): Duplex {
  let held: Buffer = Buffer.alloc(0)
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _, done) {
      const length = Buffer.alloc(8)
      length.writeBigUInt64BE(BigInt(chunk.length))
      // A mask of zeroes leaves the content as it is.
      socket.write(Buffer.concat([Buffer.of(0x82, 0xff), length, Buffer.alloc(4), chunk]), done)
    },
    final(done) {
      socket.write(Buffer.of(0x88, 0x80, 0, 0, 0, 0), done)
    },
  })
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (;;) {
      const [first, second = 0] = held
      const extra = second === 126 ? 2 : second === 127 ? 8 : 0
      if (first === undefined || held.length < 2 + extra) return
      const length = extra === 0 ? second : extra === 2 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2))
      if (held.length < 2 + extra + length) return
      if ((first & 0xf) === 8) stream.push(null)
      else stream.push(held.subarray(2 + extra, 2 + extra + length))
      held = held.subarray(2 + extra + length)
    }
  })
  socket.resume()
  return stream
}

/** Speaks the channel protocols. */
export class WebSocketClient {
  readonly socket: WebSocket
  readonly #messages: Buffer[] = []
  readonly #isBase64: () => boolean

  constructor(socket: WebSocket) {
    this.socket = socket
    this.#isBase64 = () => socket.protocol.includes("base64")
    socket.on("message", (data: Buffer) => this.#messages.push(data))
    socket.on("error", () => undefined)
  }

  get protocol(): string {
    return this.socket.protocol
  }

  send(channel: number, data: string | Buffer): void {
    if (this.#isBase64()) this.socket.send(`${channel}${Buffer.from(data).toString("base64")}`)
    else this.socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(data)]))
  }

  /** Half-closes a channel, in v5. */
  end(channel: number): void {
    this.socket.send(Buffer.of(255, channel))
  }

  /** What has come on a channel. */
  received(channel: number): Buffer {
    const base64 = this.#isBase64()
    const ours = this.#messages.filter(([first]) => first === (base64 ? 0x30 + channel : channel))
    return Buffer.concat(
      ours.map((each) => (base64 ? Buffer.from(each.toString("latin1", 1), "base64") : each.subarray(1))),
    )
  }

  async until(channel: number, expected: string): Promise<void> {
    while (!this.received(channel).includes(expected)) await once(this.socket, "message")
  }

  /** The closing code. */
  async closed(): Promise<number> {
    const [code] = await once(this.socket, "close")
    return code
  }
}
