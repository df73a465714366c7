import type { Container, ContainerStatus } from "../container.ts"
import type { PodSandbox, PodSandboxStatus } from "../sandbox.ts"
import type { ContainerEntry, OciContext, SandboxEntry } from "./context.ts"
import { isAlive } from "./records.ts"
import { namespacesExist, sandboxNamespaces } from "./sandbox-setup.ts"

/** What callers see of our records. */
export function containerView({ record, run }: ContainerEntry): Container {
  return {
    id: record.id,
    sandboxId: record.sandboxId,
    metadata: record.config.metadata,
    image: record.config.image,
    imageRef: record.imageRef,
    imageId: record.imageId,
    state: run.state,
    createdAtNs: BigInt(record.createdAtNs),
    labels: record.config.labels,
    annotations: record.config.annotations,
  }
}

export function containerStatusView(entry: ContainerEntry): ContainerStatus {
  const { record, run } = entry
  return {
    ...containerView(entry),
    startedAtNs: BigInt(run.startedAtNs),
    finishedAtNs: BigInt(run.finishedAtNs),
    exitCode: run.exitCode,
    reason: run.reason,
    message: run.message,
    logPath: record.logPath,
    mounts: record.config.mounts,
    resources: run.resources ?? record.resources,
    user: record.user,
    pid: run.state === "RUNNING" ? (run.process?.pid ?? 0) : 0,
    warnings: record.warnings,
    stopSignal: record.stopSignal,
  }
}

export function sandboxView(context: OciContext, { record }: SandboxEntry): PodSandbox {
  const paths = context.layout.sandbox(record.id)
  const alive =
    record.state === "ready" &&
    namespacesExist(record.config, paths) &&
    (record.pause === null || isAlive(record.pause))
  return {
    id: record.id,
    metadata: record.config.metadata,
    state: alive ? "READY" : "NOTREADY",
    createdAtNs: BigInt(record.createdAtNs),
    labels: record.config.labels,
    annotations: record.config.annotations,
    runtimeHandler: record.handler,
  }
}

export function sandboxStatusView(context: OciContext, entry: SandboxEntry): PodSandboxStatus {
  const { record } = entry
  return {
    ...sandboxView(context, entry),
    ips: record.ips,
    namespaceOptions: record.config.linux.securityContext.namespaceOptions,
    netnsPath: sandboxNamespaces(record.config, context.layout.sandbox(record.id)).net ?? "",
  }
}

export function publishSandbox(context: OciContext, entry: SandboxEntry): void {
  context.events.publish({ type: "sandbox", sandbox: sandboxStatusView(context, entry) })
}

export function publishContainer(context: OciContext, entry: ContainerEntry): void {
  const podUid = podUidOf(context, entry)
  context.events.publish({ type: "container", podUid, container: containerStatusView(entry) })
}

export function podUidOf(context: OciContext, { record }: ContainerEntry): string {
  return context.sandboxes.get(record.sandboxId)?.record.config.metadata.uid ?? ""
}
