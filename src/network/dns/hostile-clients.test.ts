import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { cannotRun, createTestBed, platform } from "../testing/namespaces.ts"
import { port, service } from "../testing/objects.ts"
import { startDnsServer } from "./dns-server.ts"
import { encodeQuery } from "./message.ts"
import { types } from "./record.ts"
import { withLength } from "./tcp-frames.ts"

/** What pods may send without harm to the agent that answers them. */

function nodeWithPod(t: TestContext) {
  const bed = createTestBed(t)
  const [node, pod] = [bed.namespace("node"), bed.namespace("pod")]
  bed.connect(
    { netns: node, name: "br", address: "10.244.0.1/24" },
    { netns: pod, name: "eth0", address: "10.244.0.2/24" },
  )
  const resolvConf = join(bed.dir, "resolv.conf")
  // No route leads there.
  writeFileSync(resolvConf, "nameserver 192.0.2.2\nnameserver 2001:db8::1\n")
  const server = startDnsServer({
    addresses: ["10.244.0.1"],
    dnsIps: ["10.96.0.10"],
    domain: "cluster.local",
    ranges: [{ clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }],
    nodeIps: [],
    netns: node,
    resolvConf,
    platform,
  })
  bed.defer(() => server.close())
  server.zone.set(service("web", { clusterIP: "10.96.0.1", ports: [port(80)] }), [])
  return (script: string, ...messages: readonly Buffer[]) =>
    bed.run(pod, "python3", "-c", script, ...messages.map((message) => message.toString("hex")))
}

const web = encodeQuery(1, "web.default.svc.cluster.local", types.A)

/** Asks the first message, sends the others from port 0, and asks again. */
const FROM_PORT_0 = `
import socket, struct, sys
messages = [bytes.fromhex(each) for each in sys.argv[1:]]
def ask():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(20)
        udp.sendto(messages[0], ("10.244.0.1", 53))
        return udp.recv(512)[3] & 15
print(ask())
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
    for each in messages: raw.sendto(struct.pack("!HHHH", 0, 53, 8 + len(each), 0) + each, ("10.244.0.1", 53))
print(ask())
`

test("questions from port 0, to which there is no answer, are dropped", { skip: cannotRun }, async (t) => {
  const run = nodeWithPod(t)
  const outside = encodeQuery(2, "example.com", types.A)
  assert.equal(await run(FROM_PORT_0, web, outside, Buffer.from("x"), Buffer.alloc(0)), "0\n0")
})

const SERVFAIL = 2

test("without a way to any name server names of the world are not found", { skip: cannotRun }, async (t) => {
  const run = nodeWithPod(t)
  assert.equal(await run(FROM_PORT_0, encodeQuery(2, "example.com", types.A)), `${SERVFAIL}\n${SERVFAIL}`)
})

/** Sends all at once, reads nothing meanwhile, and then as many answers as were wanted. */
const PIPELINED = `
import socket, sys
everything = b"".join(bytes.fromhex(each) for each in sys.argv[2:]) * int(sys.argv[1], 16)
with socket.create_connection(("10.244.0.1", 53), 20) as tcp:
    tcp.sendall(everything)
    stream = tcp.makefile("rb")
    codes = []
    for _ in range(int(sys.argv[1], 16)):
        codes.append(stream.read(int.from_bytes(stream.read(2), "big"))[3] & 15)
    print(len(codes), set(codes))
`

test("any number of questions may be sent over one connection before the first answer is read", {
  skip: cannotRun,
}, async (t) => {
  const run = nodeWithPod(t)
  // The empty ones deserve no answer.
  const unit = Buffer.concat([withLength(web), Buffer.alloc(8)])
  assert.equal(await run(PIPELINED, Buffer.from([0x03, 0xe8]), unit), "1000 {0}")
})

/** Holds more connections than there may be, and asks from another address. */
const HOLDING = `
import socket, subprocess, sys
subprocess.run(["ip", "address", "add", "10.244.0.3/24", "dev", "eth0"], check=True)
held = [socket.create_connection(("10.244.0.1", 53), 20, ("10.244.0.2", 0)) for _ in range(600)]
with socket.create_connection(("10.244.0.1", 53), 20, ("10.244.0.3", 0)) as tcp:
    tcp.sendall(bytes.fromhex(sys.argv[1]))
    stream = tcp.makefile("rb")
    print(stream.read(int.from_bytes(stream.read(2), "big"))[3] & 15)
`

test("one client's connections leave room for those of others", { skip: cannotRun }, async (t) => {
  assert.equal(await nodeWithPod(t)(HOLDING, withLength(web)), "0")
})
