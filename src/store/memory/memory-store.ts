import type { Platform } from "../../platform/platform.ts"
import type { Engine, EngineArgs, EngineCalls, EngineMethod, EngineReply, Outcome, SnapshotContent } from "../engine.ts"
import { EngineStore } from "../engine-store.ts"
import { decodeSnapshot } from "../snapshot.ts"
import type { Retention, Store } from "../store.ts"
import { MemoryEngine } from "./memory-engine.ts"

/** How much of the past a store in memory keeps when nothing is said. */
export const MEMORY_RETENTION_DEFAULT: Retention = { ageMsMax: 3_600_000, bytesMax: 32 * 1024 * 1024 }

export interface MemoryStoreOptions {
  readonly platform: Pick<Platform, "clock">
  readonly retention?: Retention
}

/** A store that lives and dies with the process: for tests and forks. Passes the same suite as the durable ones. */
export function createMemoryStore({ platform, retention }: MemoryStoreOptions): Store {
  return start(new MemoryEngine(), platform, retention)
}

/**
 * A store that continues from a snapshot of any store (`store.snapshot()`, or the chunks of a file). Throws
 * `StoreCorruptError` when it is not one.
 */
export async function forkToMemory(
  snapshot: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { platform, retention }: MemoryStoreOptions,
): Promise<Store> {
  const content: SnapshotContent = await decodeSnapshot(snapshot)
  const engine = new MemoryEngine()
  engine.restore(content)
  return start(engine, platform, retention)
}

function start(engine: MemoryEngine, platform: Pick<Platform, "clock">, retention = MEMORY_RETENTION_DEFAULT): Store {
  return new EngineStore({ clock: platform.clock, retention, calls: callDirectly(engine), status: engine.status() })
}

function callDirectly(engine: Engine): EngineCalls {
  return {
    call<M extends EngineMethod>(method: M, args: EngineArgs<M>, done: (outcome: Outcome<EngineReply<M>>) => void) {
      done(runCall(engine, method, args))
    },
    close: () => Promise.resolve(),
  }
}

function runCall<M extends EngineMethod>(engine: Engine, method: M, args: EngineArgs<M>): Outcome<EngineReply<M>> {
  try {
    const run = engine[method] as (this: Engine, ...args: EngineArgs<M>) => EngineReply<M>
    return { value: run.apply(engine, args) }
  } catch (error) {
    if (error instanceof Error) return { error }
    throw error
  }
}
