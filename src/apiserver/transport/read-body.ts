import type { Readable } from "node:stream"
import { badRequest, requestEntityTooLarge } from "../../machinery/status/errors.ts"

const EMPTY = new Uint8Array(0)

/** Collects a request's body. Rejects with a 413 beyond `bytesMax`, and with a 400 when the client goes away. */
export function readBody(source: Readable, bytesMax: number, announced: string | undefined): Promise<Uint8Array> {
  if (announced === "0") return Promise.resolve(EMPTY)
  if (announced !== undefined && Number(announced) > bytesMax) return Promise.reject(tooLarge(bytesMax))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let ended = false
    source.on("data", (chunk: Buffer) => {
      length += chunk.length
      if (length <= bytesMax) {
        chunks.push(chunk)
        return
      }
      source.pause()
      source.removeAllListeners("data")
      reject(tooLarge(bytesMax))
    })
    // Listeners stay where they are: the stream goes with its request, and taking each off costs more than it saves.
    source.on("end", () => {
      ended = true
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length))
    })
    source.on("error", reject)
    // Every stream closes some time; an error costs a stack, so it is made only when it is one.
    source.on("close", () => {
      if (!ended) reject(badRequest("the client closed the connection before its request was complete"))
    })
  })
}

const tooLarge = (bytesMax: number) => requestEntityTooLarge(`limit is ${bytesMax}`)
