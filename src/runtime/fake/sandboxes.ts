import { RuntimeError } from "../errors.ts"
import { matchesLabels } from "../labels.ts"
import type { PodSandboxConfig, PodSandboxFilter, PodSandboxStatus, SandboxId } from "../sandbox.ts"
import { removeContainer } from "./containers.ts"
import { changeSandbox, containersOf, endContainer, type FakeState, needSandbox, nowNs } from "./state.ts"

const EXIT_CODE_UNKNOWN = 255

export function runSandbox(
  state: FakeState,
  config: PodSandboxConfig,
  runtimeHandler: string,
  id: SandboxId,
  address: string,
): SandboxId {
  const { metadata } = config
  const same = [...state.sandboxes.values()].find(
    ({ config: { metadata: other } }) => other.uid === metadata.uid && other.attempt === metadata.attempt,
  )
  if (same?.status.state === "READY") return same.status.id
  if (same !== undefined) {
    throw new RuntimeError(
      "AlreadyExists",
      `pod sandbox ${same.status.id} has stopped: use attempt ${metadata.attempt + 1}`,
    )
  }
  const { namespaceOptions } = config.linux.securityContext
  const ownNetwork = namespaceOptions.network === "POD"
  const sandbox = {
    config,
    status: {
      id,
      metadata,
      state: "READY",
      createdAtNs: nowNs(state.clock),
      labels: config.labels,
      annotations: config.annotations,
      runtimeHandler,
      ips: ownNetwork ? [address] : [],
      namespaceOptions,
      netnsPath: ownNetwork ? `/run/fake/${id}` : "",
    },
  } as const
  state.sandboxes.set(id, sandbox)
  changeSandbox(state, sandbox, {})
  return id
}

export function stopSandbox(state: FakeState, id: SandboxId): void {
  const sandbox = state.sandboxes.get(id)
  if (sandbox === undefined) return
  for (const container of containersOf(state, id)) endContainer(state, container, { exitCode: 137 })
  if (sandbox.status.state === "READY") changeSandbox(state, sandbox, { state: "NOTREADY" })
}

export function removeSandbox(state: FakeState, id: SandboxId): void {
  const sandbox = state.sandboxes.get(id)
  if (sandbox === undefined) return
  stopSandbox(state, id)
  for (const { status } of containersOf(state, id)) removeContainer(state, status.id)
  state.sandboxes.delete(id)
  state.events.publish({ type: "sandbox-removed", id, podUid: sandbox.config.metadata.uid })
}

/** As a restart of the machine leaves it. */
export function breakSandbox(state: FakeState, id: SandboxId): void {
  const message = "the exit code is unknown: the machine restarted"
  for (const container of containersOf(state, id)) {
    endContainer(state, container, { exitCode: EXIT_CODE_UNKNOWN, reason: "Error", message })
  }
  changeSandbox(state, needSandbox(state, id), { state: "NOTREADY" })
}

export function listSandboxes(state: FakeState, filter: PodSandboxFilter = {}): PodSandboxStatus[] {
  return [...state.sandboxes.values()].flatMap(({ status }) => {
    if (filter.id !== undefined && status.id !== filter.id) return []
    if (filter.state !== undefined && status.state !== filter.state) return []
    return matchesLabels(status.labels, filter.labelSelector) ? [status] : []
  })
}
