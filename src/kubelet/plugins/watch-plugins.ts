import { type FSWatcher, mkdirSync, watch } from "node:fs"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import { findSockets } from "./find-sockets.ts"
import type { PluginHandler } from "./plugin-handler.ts"
import type { RegisteredPlugin } from "./register-plugin.ts"

const { registerPlugin } = onFirstCall<typeof import("./register-plugin.ts")>("./register-plugin.ts", import.meta.url)

/** As Kubernetes' back-off of plugin registrations. */
const RETRY_MS = 500
const RETRY_MAX_MS = 122_000

interface Attempt {
  /** Of the socket; another one stands for a plugin that came back. */
  readonly identity: string
  readonly plugin?: RegisteredPlugin
  readonly pauseMs: number
  readonly retryAtMs: number
}

/**
 * Finds plugins by the sockets that they put into `folder`, the kubelet's `plugins_registry`, hands each to the handler of
 * its type, and takes it away when its socket is gone. A socket that was made anew is registered again. Ends with
 * `signal`; plugins stay registered. Resolves once the plugins that are there at the start have been tried.
 * https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
 */
export async function watchPlugins(options: {
  readonly folder: string
  readonly handlers: readonly PluginHandler[]
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
}): Promise<void> {
  const { folder, handlers, signal } = options
  const { clock } = options.platform
  const log = options.platform.log.with({ component: "plugins" })
  const attempts = new Map<string, Attempt>()
  const watched = new Map<string, FSWatcher>()
  mkdirSync(folder, { recursive: true, mode: 0o755 })

  const forget = async (socketPath: string): Promise<void> => {
    const plugin = attempts.get(socketPath)?.plugin
    attempts.delete(socketPath)
    if (plugin === undefined) return
    log.info("plugin is gone", { name: plugin.name, socketPath })
    await plugin.handler.deregister(plugin).catch((error: unknown) => {
      log.warn("plugin was not taken away", { name: plugin.name, error })
    })
  }

  const attempt = async (socketPath: string, identity: string): Promise<void> => {
    if (attempts.has(socketPath) && attempts.get(socketPath)?.identity !== identity) await forget(socketPath)
    const pauseMs = Math.min((attempts.get(socketPath)?.pauseMs ?? RETRY_MS / 2) * 2, RETRY_MAX_MS)
    try {
      const plugin = await registerPlugin(socketPath, handlers, clock)
      log.info("plugin is registered", { name: plugin.name, type: plugin.handler.type, socketPath })
      attempts.set(socketPath, { identity, plugin, pauseMs, retryAtMs: 0 })
    } catch (error) {
      log.warn("plugin was not registered and will be tried again", { socketPath, error })
      attempts.set(socketPath, { identity, pauseMs, retryAtMs: clock.monotonicMs() + pauseMs })
    }
  }

  const isDue = (socketPath: string, identity: string): boolean => {
    const before = attempts.get(socketPath)
    if (before?.identity !== identity) return true
    return before.plugin === undefined && before.retryAtMs <= clock.monotonicMs()
  }

  /** By socket: one that answers slowly holds up nobody else. */
  const busy = new Map<string, Promise<void>>()
  const start = (socketPath: string, work: () => Promise<void>): void => {
    const working = work().finally(() => {
      busy.delete(socketPath)
      // It may have changed meanwhile, or is to be tried again.
      wake.resolve()
    })
    busy.set(socketPath, working)
  }

  const look = async (): Promise<void> => {
    const { folders, sockets } = await findSockets(folder)
    for (const each of folders) follow(each)
    for (const path of attempts.keys()) if (!sockets.has(path) && !busy.has(path)) start(path, () => forget(path))
    for (const [path, identity] of sockets) {
      if (!busy.has(path) && isDue(path, identity)) start(path, () => attempt(path, identity))
    }
  }

  let wake = Promise.withResolvers<void>()
  const follow = (path: string): void => {
    if (watched.has(path) || signal.aborted) return
    const watcher = watch(path, () => wake.resolve())
    // A folder that is removed is watched no more.
    watcher.on("error", () => watcher.close())
    watcher.on("close", () => watched.delete(path))
    watched.set(path, watcher)
    // What came between the look and the watch.
    wake.resolve()
  }
  signal.addEventListener("abort", () => {
    for (const watcher of watched.values()) watcher.close()
    wake.resolve()
  })

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const failed = [...attempts].filter(([path, { plugin }]) => plugin === undefined && !busy.has(path))
      const nextMs = Math.min(...failed.map(([, { retryAtMs }]) => retryAtMs))
      const timer = Number.isFinite(nextMs)
        ? clock.after(Math.max(nextMs - clock.monotonicMs(), 0), () => wake.resolve())
        : undefined
      await wake.promise
      timer?.cancel()
      wake = Promise.withResolvers()
      if (!signal.aborted) await look().catch((error: unknown) => log.warn("plugins were not found", { error }))
    }
  }
  await look()
  const first = [...busy.values()]
  void run()
  await Promise.all(first)
}
