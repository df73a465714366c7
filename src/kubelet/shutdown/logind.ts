import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { callBus, connectDBus, type DBusConnection } from "../../platform/linux/dbus/connection.ts"
import type { Platform } from "../../platform/platform.ts"

const LOGIND = "org.freedesktop.login1"
const MANAGER = `${LOGIND}.Manager`
const PATH = "/org/freedesktop/login1"
/** The same file as any kubelet's: whoever needs the longest delay has the last word. */
const OVERRIDE_FILE = "/etc/systemd/logind.conf.d/99-kubelet.conf"

/** logind, which tells when the machine is about to shut down, and waits for those who hold a lock. */
export interface Logind {
  /** How long logind waits at most, in milliseconds. */
  delayMs(): Promise<number>
  /** Has logind wait so long from now on. It takes a moment until it does. */
  overrideDelay(seconds: number): Promise<void>
  /** Has it wait until the lock is released, or this process ends. */
  hold(): Lock
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  close(): void
}

export interface Lock {
  release(): void
}

/** `onShutdown`: the machine is about to shut down (true), or is not any more. Rejects where there is no logind. */
export async function connectLogind(
  address: string,
  { log, processes }: Pick<Platform, "log" | "processes">,
  onShutdown: (active: boolean) => void,
  overrideFile = OVERRIDE_FILE,
): Promise<Logind> {
  const bus: DBusConnection = await connectDBus(address, (message) => {
    const { body, destination, interface: from, member, path, type } = message
    const isIt = type === "signal" && from === MANAGER && member === "PrepareForShutdown" && path === PATH
    // Anybody may send us one, whatever we asked for; what is sent to all comes from logind alone.
    if (isIt && destination === undefined && typeof body[0] === "boolean") onShutdown(body[0])
  })
  try {
    const rule = `type='signal',sender='${LOGIND}',interface='${MANAGER}',member='PrepareForShutdown',path='${PATH}'`
    await bus.call(callBus("AddMatch", "s", [rule]))
  } catch (error) {
    bus.close()
    throw error
  }
  return {
    async delayMs() {
      const [microseconds] = await bus.call({
        destination: LOGIND,
        path: PATH,
        interface: "org.freedesktop.DBus.Properties",
        member: "Get",
        signature: "ss",
        body: [MANAGER, "InhibitDelayMaxUSec"],
      })
      if (typeof microseconds === "bigint") return Number(microseconds) / 1000
      throw new Error("InhibitDelayMaxUSec from logind is not a uint64 as expected")
    },
    async overrideDelay(seconds) {
      mkdirSync(dirname(overrideFile), { recursive: true, mode: 0o755 })
      writeFileSync(overrideFile, `# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=${seconds}\n`)
      const SIGHUP = 1
      await bus.call({
        destination: "org.freedesktop.systemd1",
        path: "/org/freedesktop/systemd1",
        interface: "org.freedesktop.systemd1.Manager",
        member: "KillUnit",
        signature: "ssi",
        body: ["systemd-logind.service", "all", SIGHUP],
      })
    },
    hold() {
      // A lock is a file descriptor, which comes over D-Bus only with calls that Node does not have: systemd's own program
      // holds it for as long as `cat` waits for the pipe to end, as it does when this process ends.
      const why = ["--who=kubelet", "--why=Kubelet needs time to handle node shutdown"]
      const args = ["--what=shutdown", "--mode=delay", ...why, "cat"]
      const child = processes.spawn("systemd-inhibit", args, { stdio: ["pipe", "ignore", "ignore"] })
      let isHeld = true
      const lost = (how: Readonly<Record<string, unknown>>) => {
        if (isHeld) log.warn("logind does not wait for the pods: systemd-inhibit has ended, which was to run on", how)
      }
      child.exited.then(lost, (error: unknown) => lost({ error }))
      return {
        release() {
          isHeld = false
          child.stdin?.end()
        },
      }
    },
    closed: bus.closed,
    close: bus.close,
  }
}
