import type { Container } from "../../api/core/v1/container.ts"
import type { Probe } from "../../api/core/v1/handlers.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ContainerId, ContainerRuntime } from "../../runtime/runtime.ts"
import { expandReferences } from "../volumes/expand-references.ts"
import { probeExec } from "./exec.ts"
import { probeGrpc } from "./grpc.ts"
import { probeHttp } from "./http.ts"
import { resolvePort } from "./port.ts"
import type { ProbeOutcome } from "./result.ts"
import { probeTcp } from "./tcp.ts"

export interface ProbeTarget {
  readonly container: Container
  readonly id: ContainerId
  readonly podIp: string
}

/** Probes once. Never rejects. */
export async function runProbe(
  parts: { readonly runtime: Pick<ContainerRuntime, "execSync">; readonly clock: Pick<Clock, "after" | "monotonicMs"> },
  spec: Probe,
  { container, id, podIp }: ProbeTarget,
): Promise<ProbeOutcome> {
  const timeoutMs = (spec.timeoutSeconds ?? 1) * 1000
  const { clock } = parts
  try {
    if (spec.exec) {
      return await probeExec(parts.runtime, id, (spec.exec.command ?? []).map(expandStatic(container)), timeoutMs)
    }
    if (spec.httpGet) {
      const { host, httpHeaders, path, port, scheme } = spec.httpGet
      const target = {
        host: host || podIp,
        port: resolvePort(port, container),
        path: path ?? "/",
        scheme: scheme === "HTTPS" ? "https:" : "http:",
        headers: httpHeaders ?? [],
        userAgent: "kube-probe/1.36",
        timeoutMs,
      } as const
      return await probeHttp(target, clock)
    }
    if (spec.tcpSocket) {
      const { host, port } = spec.tcpSocket
      return await probeTcp(host || podIp, resolvePort(port, container), timeoutMs, clock)
    }
    if (spec.grpc) {
      return await probeGrpc({ host: podIp, port: spec.grpc.port, service: spec.grpc.service ?? "", timeoutMs }, clock)
    }
    return { outcome: "error", output: `missing probe handler for ${container.name}` }
  } catch (error) {
    return { outcome: "error", output: messageOf(error) }
  }
}

/** Probe commands see only variables that are written out in the container's specification. */
function expandStatic({ env }: Container): (text: string) => string {
  const values = new Map((env ?? []).map(({ name, value }) => [name, value ?? ""]))
  return (text) => expandReferences(text, (name) => values.get(name) ?? `$(${name})`)
}
