import { platform } from "../../src/network/testing/namespaces.ts"
import { type ChildHandle } from "../../src/platform/processes.ts"

export interface StreamFigures {
  readonly megabytesPerSecond: number
  /** One small message there and back. */
  readonly roundTripP50Us: number
}

const RUN_MS = 2000
const PORT = 5201

/** Sends back what begins with "e", and swallows everything else. */
const SERVER = `
  require("node:net").createServer((socket) => {
    socket.setNoDelay(true)
    socket.once("data", (first) => {
      if (first[0] !== 0x65) return socket.resume()
      socket.write(first)
      socket.on("data", (data) => socket.write(data))
    })
    socket.on("error", () => {})
  }).listen(${PORT}, "0.0.0.0", () => console.log("ready"))`

const client = (address: string) => `
  const { connect } = require("node:net")
  const open = () => new Promise((resolve) => { const s = connect(${PORT}, "${address}", () => { s.setNoDelay(true); resolve(s) }) })
  const echo = async () => {
    const socket = await open()
    const times = []
    const end = performance.now() + ${RUN_MS}
    while (performance.now() < end) {
      const began = performance.now()
      socket.write("e")
      await new Promise((resolve) => socket.once("data", resolve))
      times.push(performance.now() - began)
    }
    socket.destroy()
    return times.sort((a, b) => a - b)[times.length >> 1] * 1000
  }
  const send = async () => {
    const socket = await open()
    const chunk = Buffer.alloc(1 << 18, 0x61)
    const began = performance.now()
    let sent = 0
    while (performance.now() - began < ${RUN_MS}) {
      sent += chunk.length
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve))
    }
    const ms = performance.now() - began
    socket.destroy()
    return sent / 1e6 / (ms / 1000)
  }
  echo().then(async (roundTripP50Us) => console.log(JSON.stringify({ roundTripP50Us, megabytesPerSecond: await send() })))`

/** One TCP stream from one namespace to another, by two processes. */
export async function measureStream(from: string, to: string, address: string): Promise<StreamFigures> {
  const server = platform.processes.spawn("nsenter", [`--net=${to}`, process.execPath, "-e", SERVER])
  try {
    await ready(server)
    const { stdout, stderr } = await platform.processes.run("nsenter", [
      `--net=${from}`,
      process.execPath,
      "-e",
      client(address),
    ])
    if (stdout === "") throw new Error(stderr)
    return JSON.parse(stdout) as StreamFigures
  } finally {
    server.kill("SIGKILL")
    await server.exited
  }
}

function ready(child: ChildHandle): Promise<void> {
  return new Promise((resolve) => child.stdout?.once("data", () => resolve()))
}
