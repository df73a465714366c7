import type { LifecycleHandler } from "../../api/core/v1/handlers.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import { quote } from "../../machinery/field/quote.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerId, ContainerRuntime } from "../../runtime/runtime.ts"
import { describePod, type PodContainer } from "../pod/containers.ts"
import { httpGet } from "../probe/http.ts"
import { resolvePort } from "../probe/port.ts"

export interface HookEnvironment {
  readonly platform: Pick<Platform, "clock">
  readonly events: Pick<EventRecorder, "record">
  readonly runtime: Pick<ContainerRuntime, "execSync">
}

export interface HookSubject {
  readonly pod: Pod
  readonly container: PodContainer
  readonly id: ContainerId
  readonly podIp: string
}

/** Kubernetes' lifecycle HTTP client has no limit of its own; the grace period ends a preStop hook. */
const httpTimeoutMs = 30_000

/** Runs a postStart or preStop hook to its end. Rejects with Kubernetes' message when it fails. */
export async function runHook(
  environment: HookEnvironment,
  subject: HookSubject,
  hook: LifecycleHandler,
  signal: AbortSignal,
): Promise<void> {
  const { container, id, pod } = subject
  const where = `for Container ${quote(container.spec.name)} in Pod ${quote(describePod(pod))} failed - error:`
  if (hook.exec) {
    const command = hook.exec.command ?? []
    const title = `Exec lifecycle hook ([${command.join(" ")}]) ${where}`
    try {
      const { exitCode, stderr, stdout } = await environment.runtime.execSync(id, command, 0)
      if (exitCode === 0) return
      const output = Buffer.concat([stdout, stderr]).toString()
      throw new Error(
        `${title} command '${command.join(" ")}' exited with ${exitCode}: ${output}, message: ${quote(output)}`,
      )
    } catch (error) {
      if (error instanceof Error && error.message.startsWith(title)) throw error
      throw new Error(`${title} ${messageOf(error)}, message: ""`, { cause: error })
    }
  }
  if (hook.httpGet) {
    const failed = await askOverHttp(environment, subject, hook.httpGet)
    if (failed === undefined) return
    throw new Error(`HTTP lifecycle hook (${hook.httpGet.path ?? ""}) ${where} ${failed}`)
  }
  if (hook.sleep) return environment.platform.clock.sleep(hook.sleep.seconds * 1000, signal)
  throw new Error("Cannot run handler: invalid handler")
}

/** Resolves to why there was no answer. Whatever the answer is, the hook has run. */
async function askOverHttp(
  { events, platform }: HookEnvironment,
  { container, pod, podIp }: HookSubject,
  { host, httpHeaders, path = "", port, scheme }: NonNullable<LifecycleHandler["httpGet"]>,
): Promise<string | undefined> {
  const target = {
    host: host || podIp,
    port: resolvePort(port, container.spec),
    path,
    scheme: scheme === "HTTPS" ? "https:" : "http:",
    headers: httpHeaders ?? [],
    userAgent: "kube-lifecycle/1.36",
    timeoutMs: httpTimeoutMs,
  } as const
  const answer = await httpGet(target, platform.clock)
  if (!("failed" in answer)) return undefined
  if (!answer.failed.includes("server gave HTTP response to HTTPS client")) return answer.failed
  const headers = target.headers.filter(({ name }) => name.toLowerCase() !== "authorization")
  const plain = await httpGet({ ...target, headers, scheme: "http:" }, platform.clock)
  if ("failed" in plain) return answer.failed
  const message = `request to HTTPS lifecycle hook ${hostPort(target)} got HTTP response, retry with HTTP succeeded`
  events.record(pod, "Warning", "LifecycleHTTPFallback", message)
  return undefined
}
