import assert from "node:assert/strict"
import { once } from "node:events"
import { buffer, text } from "node:stream/consumers"
import { after, test } from "node:test"
import { createSpdyConnection, type SpdyConnection } from "../../../machinery/spdy/connection.ts"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import { Fixture } from "../../../runtime/conformance/fixture.ts"
import { createFakeRuntime, type FakeCommand } from "../../../runtime/fake/fake-runtime.ts"
import { runningPod, startTestServer } from "../testing.ts"

const commands = new Map<string, FakeCommand>([
  ["speak", { stdout: "out", stderr: "err" }],
  ["fail", { stdout: "o", exitCode: 3 }],
  ["copy", { runMs: "stdin", exitCode: 0 }],
  ["missing", { error: "no such file or directory" }],
  ["hang", { runMs: 1_000_000, stdout: "begun" }],
])
const { clock } = createNodePlatform()
const runtime = createFakeRuntime({
  clock,
  commands: (_, [name = ""]) => commands.get(name) ?? {},
  programs: () => ({ ports: [8080] }),
})
const subject = { runtime, image: "i", cgroupParent: "/p", logDirectory: "/l", settle: <T>(p: Promise<T>) => p }
const fixture = new Fixture({ ...subject, close: () => runtime.close() })
const { id, sandbox } = await fixture.started(["main"], { stdin: true })
const server = await startTestServer(runtime, [runningPod(id, sandbox)])
after(async () => {
  await server.server.close()
  await runtime.close()
})

const exec = (command: string, streams: string) => `/exec/default/web/main?command=${command}&command=a%20b&${streams}`
const all = "input=1&output=1&error=1"
const exitCode3 = {
  status: "Failure",
  message: "command terminated with non-zero exit code: error executing command [fail a b], exit code 3",
  reason: "NonZeroExitCode",
  details: { causes: [{ reason: "ExitCode", message: "3" }] },
}
const cannotRun = {
  status: "Failure",
  message: "Internal error occurred: error executing command in container: no such file or directory",
  reason: "InternalError",
  code: 500,
}

for (const protocol of ["v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"]) {
  test(`exec over WebSocket, ${protocol}: output, status and close`, async () => {
    const client = await server.webSocket(exec("speak", "output=1&error=1"), ["nonsense", protocol])
    assert.equal(client.protocol, protocol)
    assert.equal(await client.closed(), 1000)
    assert.deepEqual(
      [1, 2].map((channel) => client.received(channel).toString()),
      ["out", "err"],
    )
    assert.deepEqual(JSON.parse(client.received(3).toString()), { status: "Success" })
  })

  test(`exec over WebSocket, ${protocol}: the exit code`, async () => {
    const client = await server.webSocket(exec("fail", "output=1"), [protocol])
    await client.closed()
    assert.deepEqual(JSON.parse(client.received(3).toString()), exitCode3)
  })
}

test("exec over WebSocket, v5: input until its end, larger than any buffer", async () => {
  const client = await server.webSocket(exec("copy", all), ["v5.channel.k8s.io"])
  const input = Buffer.alloc(700_000, "0123456789")
  for (let from = 0; from < input.length; from += 30_000) client.send(0, input.subarray(from, from + 30_000))
  client.end(0)
  await client.closed()
  assert(client.received(1).equals(input))
})

for (const protocol of ["channel.k8s.io", "base64.channel.k8s.io"]) {
  test(`exec over WebSocket, ${protocol}: says only what failed`, async () => {
    const good = await server.webSocket(exec("speak", "output=1"), [protocol])
    await good.closed()
    assert.equal(good.received(3).toString(), "")
    const bad = await server.webSocket(exec("missing", "output=1"), [protocol])
    await bad.closed()
    assert.equal(bad.received(3).toString(), cannotRun.message)
  })
}

test("exec over WebSocket: a command that cannot be run", async () => {
  const client = await server.webSocket(exec("missing", "output=1"), ["v4.channel.k8s.io"])
  await client.closed()
  assert.deepEqual(JSON.parse(client.received(3).toString()), cannotRun)
})

test("a client that hangs up ends its command", async () => {
  const killed = Promise.withResolvers<void>()
  const watched = {
    ...runtime,
    exec: async (...args: Parameters<typeof runtime.exec>) => {
      const stream = await runtime.exec(...args)
      void stream.exited.then(() => killed.resolve())
      return stream
    },
  }
  const other = await startTestServer(watched, [runningPod(id, sandbox)])
  const client = await other.webSocket(exec("hang", "output=1"), ["v5.channel.k8s.io"])
  await client.until(1, "begun")
  client.socket.terminate()
  await killed.promise
  await other.server.close()
})

test("protocols nobody speaks are refused", async () => {
  await assert.rejects(
    server.webSocket(exec("speak", all), ["v9"]),
    /^Error: 403 requested protocol\(s\) are not supported: \[v9\]/,
  )
  await assert.rejects(
    server.spdy(exec("speak", all), ["v9"]),
    /403 Forbidden[^]*X-Accepted-Stream-Protocol-Versions: v4/,
  )
  await assert.rejects(server.spdy(exec("speak", all), []), /400 Bad Request[^]*does not exist in request with/)
})

function open(connection: SpdyConnection, types: readonly string[]) {
  return types.map((streamtype) => connection.open(new Map([["streamtype", streamtype]])))
}

test("exec over SPDY: input, output, errors, status", async () => {
  const connection = await server.spdy(exec("copy", all), ["v5.channel.k8s.io", "v4.channel.k8s.io"])
  assert.equal(connection.protocol, "v4.channel.k8s.io")
  const [error, stdin, stdout, stderr] = open(connection, ["error", "stdin", "stdout", "stderr"])
  assert(error && stdin && stdout && stderr)
  const input = Buffer.alloc(400_000, "abc")
  stdin.end(input)
  const [status, output, errors] = await Promise.all([text(error), buffer(stdout), text(stderr)])
  assert(output.equals(input))
  assert.equal(errors, "")
  assert.deepEqual(JSON.parse(status), { status: "Success" })
  await connection.closed
})

test("exec over SPDY: the exit code", async () => {
  const connection = await server.spdy(exec("fail", "output=1"), ["v4.channel.k8s.io"])
  const [error, stdout] = open(connection, ["error", "stdout"])
  assert(error && stdout)
  const [status, output] = await Promise.all([text(error), text(stdout)])
  assert.deepEqual([JSON.parse(status), output], [exitCode3, "o"])
})

test("attach: what is typed comes back, and the end of the container is the end", async () => {
  const own = await fixture.started(["main"], { stdin: true })
  const other = await startTestServer(runtime, [runningPod(own.id, own.sandbox)])
  const client = await other.webSocket(`/attach/default/web/main?${all}`, ["v5.channel.k8s.io"])
  client.send(0, "hello")
  await client.until(1, "hello")
  runtime.exit(own.id, { exitCode: 0 })
  await client.closed()
  assert.deepEqual(JSON.parse(client.received(3).toString()), { status: "Success" })
  await other.server.close()
})

function forwardOver(connection: SpdyConnection, port: string, requestid: string) {
  const [error, data] = ["error", "data"].map((streamtype) =>
    connection.open(
      new Map([
        ["streamtype", streamtype],
        ["port", port],
        ["requestid", requestid],
      ]),
    ),
  )
  assert(error && data)
  error.end()
  return { error, data }
}

async function testForwards(connection: SpdyConnection): Promise<void> {
  const [first, second] = ["0", "1"].map((request) => forwardOver(connection, "8080", request))
  assert(first && second)
  first.data.end("one")
  second.data.end(Buffer.alloc(200_000, "2"))
  assert.equal(await text(first.data), "one")
  assert.equal((await buffer(second.data)).length, 200_000)
  assert.equal(await text(first.error), "")
  const refused = forwardOver(connection, "9999", "2")
  assert.equal(
    await text(refused.error),
    "error forwarding port 9999 to pod web, uid uid-1: failed to connect to port 9999 inside the pod: connection refused",
  )
  const third = forwardOver(connection, "8080", "3")
  third.data.end("still")
  assert.equal(await text(third.data), "still")
  connection.close()
  await connection.closed
}

test("port forwarding over SPDY: connections side by side, errors of one leave the others", async () => {
  await testForwards(await server.spdy("/portForward/default/web", ["portforward.k8s.io"]))
})

test("port forwarding over SPDY inside of a WebSocket", async () => {
  const tunnel = await server.tunnel("/portForward/default/web", "SPDY/3.1+portforward.k8s.io")
  await testForwards(createSpdyConnection(tunnel, { role: "client" }))
})

test("port forwarding over WebSocket channels", async () => {
  const client = await server.webSocket("/portForward/default/web?port=8080,9999", ["v4.channel.k8s.io"])
  const port = (number: number) => Buffer.of(number & 0xff, number >> 8)
  client.send(0, "hello")
  await client.until(0, "hello")
  await client.until(3, "connection refused")
  assert(client.received(0).subarray(0, 2).equals(port(8080)))
  assert(client.received(3).subarray(0, 2).equals(port(9999)))
  client.socket.close()
  await once(client.socket, "close")
})

const refusals = [
  ["/exec/default/none/main?output=1", "404 pod does not exist"],
  ["/exec/default/web/other?output=1", '500 container not found ("other")'],
  ["/exec/default/web/wrong-uid/main?output=1", '500 container not found ("main")'],
  ["/exec/default/web/main?command=x", "400 you must specify at least 1 of stdin, stdout, stderr"],
  ["/attach/default/web/other?output=1", "500 container other not found in pod web_default"],
  ["/portForward/default/web", '400 query parameter "port" is required'],
  [
    "/portForward/default/web?port=70000",
    '400 unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value out of range',
  ],
  ["/portForward/default/web/wrong-uid?port=1", "404 pod not found"],
] as const
for (const [path, expected] of refusals) {
  test(`${path} is refused`, async () => {
    await assert.rejects(server.webSocket(path, ["v4.channel.k8s.io"]), { message: `${expected}\n` })
  })
}

test("a streaming request without an upgrade", async () => {
  const answer = await server.request(exec("speak", all), { method: "POST" })
  assert.deepEqual([answer.status, answer.body], [500, "Upgrade request required"])
})
