import type { Client, ListOptions } from "../../client/client.ts"
import { type Change, startInformer } from "../../client/informer.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import type { Platform } from "../../platform/platform.ts"
import { startLoop } from "../aggregation/loop.ts"

export interface KeepOptions {
  /** In words, for the log. */
  readonly name: string
  readonly platform: Pick<Platform, "clock" | "log">
  /** Objects by which it is seen that something is wrong. */
  readonly watched: readonly {
    readonly resource: AnyResource
    readonly scope: Pick<ListOptions, "namespace" | "fieldSelector">
  }[]
  /** Which of their changes may have broken something. Their absence at the beginning always may. */
  readonly concerns: (change: Change<KubeObject>["type"]) => boolean
  /** Makes everything right. Tried again when it fails. */
  readonly ensure: () => Promise<void>
}

/** Makes what must exist right again whenever somebody changes or deletes it, until it is closed. */
export function keep(client: Client, options: KeepOptions): { close(): void } {
  const { concerns, ensure, name, platform, watched } = options
  const stop = new AbortController()
  const { signal } = stop
  const queue = startLoop({
    name,
    platform,
    signal,
    backoff: { firstMs: 5, longestMs: 1_000_000 },
    workers: 1,
    async work() {
      await ensure()
      return undefined
    },
  })
  for (const { resource, scope } of watched) {
    const found = startInformer<AnyResource>(client, resource, { platform, signal, scope })
    found.onChange(({ type }) => {
      if (concerns(type)) queue.add(name)
    })
    // It may have gone before anybody looked.
    void found.synced.then(() => found.list().length === 0 && queue.add(name))
  }
  return { close: () => stop.abort() }
}
