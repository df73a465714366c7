import type { LifecycleHandler } from "../../api/core/v1/handlers.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { quote } from "../../machinery/field/quote.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerId, ContainerRuntime } from "../../runtime/runtime.ts"
import { describePod, type PodContainer } from "../pod/containers.ts"
import { httpGet } from "../probe/http.ts"
import { resolvePort } from "../probe/port.ts"

export interface HookEnvironment {
  readonly platform: Pick<Platform, "clock">
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
  const { container, id, pod, podIp } = subject
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
      throw new Error(`${title} ${textOf(error)}, message: ""`, { cause: error })
    }
  }
  if (hook.httpGet) {
    const { host, httpHeaders, path = "", port, scheme } = hook.httpGet
    const result = await httpGet(
      {
        host: host || podIp,
        port: resolvePort(port, container.spec),
        path,
        scheme: scheme === "HTTPS" ? "https:" : "http:",
        headers: httpHeaders ?? [],
        userAgent: "kube-lifecycle/1.36",
        timeoutMs: httpTimeoutMs,
      },
      environment.platform.clock,
    )
    if (result.outcome === "success") return
    throw new Error(`HTTP lifecycle hook (${path}) ${where} ${result.output}`)
  }
  if (hook.sleep) return environment.platform.clock.sleep(hook.sleep.seconds * 1000, signal)
  throw new Error("Cannot run handler: invalid handler")
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
