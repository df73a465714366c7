import { parentPort, workerData } from "node:worker_threads"
import { BlobReader, BlobWriter } from "../codec.ts"
import type { EngineArgs, EngineMethod, EngineReply, Outcome } from "../engine.ts"
import { StoreError } from "../errors.ts"
import { type Frame, SHAPES } from "./frame.ts"
import { type PackedError, packError } from "./frame-errors.ts"
import { SqliteEngine } from "./sqlite-engine.ts"
import { translateError } from "./sqlite-errors.ts"
import type { FromWorker, PackedCall, PackedReply, ToWorker, WorkerOptions } from "./worker-messages.ts"

/* The thread that owns the database. A frame of calls is one SQLite transaction; its replies are one frame. */

const READS: ReadonlySet<EngineMethod> = new Set(["range", "changes", "history", "leases", "status"])

interface Call {
  readonly method: EngineMethod
  run(engine: SqliteEngine): unknown
}

/** Runs the calls in order and makes their effects durable. When that fails, no call has any effect. */
function runGroup(engine: SqliteEngine, calls: readonly Call[], path: string): Outcome<unknown>[] {
  if (calls.every(({ method }) => READS.has(method))) return calls.map((call) => runOne(engine, call, path))
  try {
    engine.begin()
    const outcomes = calls.map((call) => runInGroup(engine, call))
    engine.commit()
    return outcomes
  } catch (cause) {
    engine.rollback()
    const error = translateError(cause, path)
    return calls.map((call) => (READS.has(call.method) ? runOne(engine, call, path) : { error }))
  }
}

/** The errors of the port are raised before anything is changed, so the group goes on; any other ends it. */
function runInGroup(engine: SqliteEngine, call: Call): Outcome<unknown> {
  try {
    return { value: call.run(engine) }
  } catch (error) {
    if (error instanceof StoreError) return { error }
    throw error
  }
}

function runOne(engine: SqliteEngine, call: Call, path: string): Outcome<unknown> {
  try {
    return { value: call.run(engine) }
  } catch (error) {
    return { error: translateError(error, path) }
  }
}

function unpackCall<M extends EngineMethod>([method, packed]: PackedCall<M>, blobs: BlobReader): Call {
  const args = SHAPES[method].unpackArgs(packed, blobs)
  return {
    method,
    run(engine) {
      const target = engine[method] as (this: SqliteEngine, ...args: EngineArgs<M>) => EngineReply<M>
      return target.apply(engine, args)
    },
  }
}

function packReply(method: EngineMethod, outcome: Outcome<unknown>, blobs: BlobWriter): PackedReply {
  if ("error" in outcome) return [1, packError(outcome.error)]
  // The value is the reply of this very method.
  return [0, SHAPES[method].packReply(outcome.value as never, blobs)]
}

function answer(engine: SqliteEngine, frame: Frame, path: string): Frame {
  const inBlobs = new BlobReader(frame.blobs)
  const calls = (JSON.parse(frame.text) as readonly PackedCall<EngineMethod>[]).map((call) => unpackCall(call, inBlobs))
  const outcomes = runGroup(engine, calls, path)
  const outBlobs = new BlobWriter()
  const replies = outcomes.map((outcome, index) => packReply(calls[index]?.method ?? "status", outcome, outBlobs))
  return { text: JSON.stringify(replies), blobs: outBlobs.finish() }
}

function main(): void {
  const port = parentPort
  if (port === null) throw new Error("worker.ts runs in a worker thread only")
  const { path, fileBytesMax } = workerData as WorkerOptions
  const send = (message: FromWorker) =>
    port.postMessage(message, message.type === "replies" ? [message.frame.blobs.buffer] : [])
  const fail = (error: unknown) =>
    send({ type: "failed", error: packError(translateError(error, path)) satisfies PackedError })
  let engine: SqliteEngine
  try {
    engine = new SqliteEngine(path, fileBytesMax)
  } catch (error) {
    fail(error)
    port.close()
    return
  }
  send({ type: "opened", status: engine.status() })
  port.on("message", (message: ToWorker) => {
    try {
      if (message.type === "calls") {
        send({ type: "replies", frame: answer(engine, message.frame, path) })
        return
      }
      engine.close()
      port.close()
    } catch (error) {
      fail(error)
      port.close()
    }
  })
}

main()
