import { Worker } from "node:worker_threads"
import { BlobReader, BlobWriter } from "../codec.ts"
import type { EngineArgs, EngineCalls, EngineMethod, EngineReply, EngineStatus, Outcome } from "../engine.ts"
import { StoreClosedError, StoreIoError } from "../errors.ts"
import { type Frame, SHAPES } from "./frame.ts"
import { unpackError } from "./frame-errors.ts"
import type { FromWorker, PackedReply, ToWorker, WorkerOptions } from "./worker-messages.ts"

/** Frames on their way. With two, the thread has work while this side looks at the last replies. */
const FRAMES_IN_FLIGHT_MAX = 2
/** Most calls in one frame: bounds how long one call can wait for others that are committed with it. */
const FRAME_CALLS_MAX = 512

interface Call {
  pack(blobs: BlobWriter): unknown
  done(reply: PackedReply, blobs: BlobReader): void
  fail(error: Error): void
}

/**
 * Calls to the engine in the worker thread. What is called while a commit runs goes into the next frame together, so
 * the busier the store, the more transactions share one commit.
 */
export class WorkerCalls implements EngineCalls {
  readonly #worker: Worker
  readonly #path: string
  readonly #queue: Call[] = []
  readonly #inFlight: (readonly Call[])[] = []
  readonly #opened = Promise.withResolvers<EngineStatus>()
  readonly #exited = Promise.withResolvers<void>()
  #isFlushPlanned = false
  #isClosing = false
  #drained: (() => void) | undefined
  #failure: Error | undefined

  constructor(options: WorkerOptions) {
    this.#path = options.path
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: options, name: "store" })
    this.#worker.on("message", (message: FromWorker) => this.#receive(message))
    this.#worker.on("error", (error: Error) =>
      this.#fail(new StoreIoError(this.#path, error.message, { cause: error })),
    )
    this.#worker.on("exit", () => {
      this.#fail(new StoreClosedError())
      this.#exited.resolve()
    })
  }

  /** How the database was found. Rejects when it could not be opened. */
  opened(): Promise<EngineStatus> {
    return this.#opened.promise
  }

  call<M extends EngineMethod>(method: M, args: EngineArgs<M>, done: (outcome: Outcome<EngineReply<M>>) => void): void {
    if (this.#failure !== undefined || this.#isClosing) {
      done({ error: this.#failure ?? new StoreClosedError() })
      return
    }
    const shape = SHAPES[method]
    this.#queue.push({
      pack: (blobs) => [method, shape.packArgs(args, blobs)],
      done: (reply, blobs) =>
        done(reply[0] === 0 ? { value: shape.unpackReply(reply[1], blobs) } : { error: unpackError(reply[1]) }),
      fail: (error) => done({ error }),
    })
    this.#planFlush()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    if (this.#queue.length + this.#inFlight.length > 0) await new Promise<void>((done) => (this.#drained = done))
    this.#worker.ref()
    this.#send({ type: "close" })
    await this.#exited.promise
  }

  /** Calls made in the same turn of the event loop travel together. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    queueMicrotask(() => {
      this.#isFlushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#inFlight.length < FRAMES_IN_FLIGHT_MAX) {
      const calls = this.#queue.splice(0, FRAME_CALLS_MAX)
      const blobs = new BlobWriter()
      const frame: Frame = { text: JSON.stringify(calls.map((call) => call.pack(blobs))), blobs: blobs.finish() }
      // An open store must not keep the process alive, but a write in progress must.
      if (this.#inFlight.length === 0) this.#worker.ref()
      this.#inFlight.push(calls)
      this.#send({ type: "calls", frame })
    }
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message, message.type === "calls" ? [message.frame.blobs.buffer] : [])
  }

  #receive(message: FromWorker): void {
    if (message.type === "opened") {
      this.#worker.unref()
      this.#opened.resolve(message.status)
    } else if (message.type === "failed") {
      this.#fail(unpackError(message.error))
    } else {
      this.#deliver(message.frame)
    }
  }

  #deliver(frame: Frame): void {
    const calls = this.#inFlight.shift() ?? []
    this.#flush()
    if (this.#inFlight.length === 0) this.#worker.unref()
    const blobs = new BlobReader(frame.blobs)
    const replies = JSON.parse(frame.text) as readonly PackedReply[]
    for (const [index, reply] of replies.entries()) calls[index]?.done(reply, blobs)
    if (this.#queue.length + this.#inFlight.length === 0) this.#drained?.()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#opened.reject(this.#failure)
    for (const call of [...this.#inFlight.splice(0).flat(), ...this.#queue.splice(0)]) call.fail(this.#failure)
    this.#drained?.()
  }
}
