import { Duplex } from "node:stream"
import type { SpdyStream } from "../../machinery/spdy/stream.ts"
import { RuntimeError } from "../errors.ts"
import { dialRuntime } from "./streams.ts"

const PROTOCOL = "portforward.k8s.io"
/** What runtimes say before the reason; the kubelet's server says it again, of the pod. */
const PREAMBLE = /^error forwarding port \d+ to pod [^,]*, uid [^:]*: /

/**
 * Connects to a port of the pod that the URL stands for. Runtimes do not say when they have reached it; when they fail,
 * the stream does so with RuntimeFailure.
 */
export async function openForward(url: string, port: number): Promise<Duplex> {
  const { connection } = await dialRuntime(url, PROTOCOL)
  const open = (type: string) =>
    connection.open(
      new Map([
        ["streamtype", type],
        ["port", String(port)],
        ["requestid", "0"],
      ]),
    )
  const errors = open("error")
  errors.end()
  const forwarded = joined(open("data"), errors)
  forwarded.once("close", () => connection.close())
  return forwarded
}

function joined(data: SpdyStream, errors: SpdyStream): Duplex {
  let text = ""
  const duplex = new Duplex({
    read: () => void data.resume(),
    write: (chunk: Buffer, _, done) => void data.write(chunk, done),
    final: (done) => void data.end(done),
    destroy(error, done) {
      data.destroy()
      done(error)
    },
  })
  const fail = (reason: string) => duplex.destroy(new RuntimeError("RuntimeFailure", reason.replace(PREAMBLE, "")))
  data.on("data", (chunk: Buffer) => {
    if (!duplex.push(chunk)) data.pause()
  })
  data.once("end", () => duplex.push(null))
  errors.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8")
  })
  // Containerd 2 breaks this stream off once it has said the reason, and ends the data as if all was well.
  errors.once("close", () => {
    if (text !== "") fail(text)
  })
  // The reason is on its way when the data breaks off.
  data.once("close", () => {
    if (data.readableEnded || duplex.destroyed) return
    const give = () => fail(text === "" ? "the runtime broke the connection off" : text)
    if (errors.destroyed) give()
    else errors.once("close", give)
  })
  return duplex
}
