import { existsSync, mkdirSync, rmSync } from "node:fs"
import { messageOf } from "../../machinery/status/message-of.ts"
import { RuntimeError } from "../errors.ts"
import type { PodNetworkRequest } from "../pod-network.ts"
import type { PodSandboxConfig, PodSandboxMetadata, SandboxId } from "../sandbox.ts"
import { finish, noteLoss } from "./container-exit.ts"
import { publishSandbox, sandboxView } from "./container-view.ts"
import { kill, removeContainer } from "./containers.ts"
import { containersOf, newId, nowNs, type OciContext, type SandboxEntry } from "./context.ts"
import { pauseCgroup, startPause } from "./pause.ts"
import { isAlive, noteRecord, type SandboxRecord, writeRecord } from "./records.ts"
import { sandboxNamespaces, setUpSandbox, tearDownSandbox, userNamespace } from "./sandbox-setup.ts"
import { sendSignal } from "./signals.ts"
import { hasUserNamespaces } from "./user-namespaces.ts"

const SIGKILL = 9

export function runPodSandbox(context: OciContext, config: PodSandboxConfig, handlerName: string): Promise<SandboxId> {
  const { namespace, name, uid, attempt } = config.metadata
  return context.locks.run(`run ${namespace}/${name}/${uid}/${attempt}`, async () => {
    const existing = [...context.sandboxes.values()].find(({ record }) => same(record.config.metadata, config.metadata))
    if (existing !== undefined) {
      if (sandboxView(context, existing).state === "READY") return existing.record.id
      throw new RuntimeError(
        "AlreadyExists",
        `pod sandbox ${existing.record.id} of ${namespace}/${name} attempt ${attempt} has stopped: use attempt ${attempt + 1}`,
      )
    }
    return create(context, config, handlerName)
  })
}

function same(a: PodSandboxMetadata, b: PodSandboxMetadata): boolean {
  return a.uid === b.uid && a.attempt === b.attempt && a.name === b.name && a.namespace === b.namespace
}

async function create(context: OciContext, config: PodSandboxConfig, handlerName: string): Promise<SandboxId> {
  const handler = await context.handler(handlerName)
  if (userNamespace(config) !== undefined && !hasUserNamespaces()) {
    throw new RuntimeError("Unsupported", "this kernel cannot map the ids of mounts for user namespaces")
  }
  const id = newId(context) as SandboxId
  const paths = context.layout.sandbox(id)
  const cgroup = config.linux.cgroupParent
  const ownsCgroup = cgroup !== "" && cgroup !== "/" && !context.cgroups.exists(cgroup)
  const entry: SandboxEntry = {
    record: {
      id,
      config,
      handler: handler.name,
      createdAtNs: nowNs(context),
      state: "creating",
      ips: [],
      ownsCgroup,
      pause: null,
    },
  }
  try {
    mkdirSync(paths.data, { recursive: true, mode: 0o711 })
    writeRecord(paths.record, entry.record)
    if (ownsCgroup) context.cgroups.create(cgroup)
    if (config.logDirectory !== "") mkdirSync(config.logDirectory, { recursive: true })
    await setUpSandbox(config, paths, context.platform.processes)
    const sharesPids = config.linux.securityContext.namespaceOptions.pid === "POD"
    const [ips, pause] = await allDone([
      connect(context, entry.record),
      sharesPids ? startPause(context, id, config, handler.name) : null,
    ])
    entry.record = { ...entry.record, ips, pause, state: "ready" }
    writeRecord(paths.record, entry.record)
  } catch (error) {
    await discardSandbox(context, entry.record)
    throw error
  }
  context.sandboxes.set(id, entry)
  publishSandbox(context, entry)
  return id
}

/** Like Promise.all, but nothing goes on in the background once it has rejected. */
async function allDone<A, B>([a, b]: readonly [A, B]): Promise<[Awaited<A>, Awaited<B>]> {
  await Promise.allSettled([a, b])
  return [await a, await b]
}

async function connect(context: OciContext, record: SandboxRecord): Promise<readonly string[]> {
  const request = networkRequest(context, record)
  if (request === null) return []
  try {
    return (await context.network.setUp(request)).ips
  } catch (cause) {
    const reason = messageOf(cause)
    throw new RuntimeError("NetworkFailure", `failed to setup network for sandbox "${record.id}": ${reason}`, { cause })
  }
}

/** Null with the node's network. */
function networkRequest(context: OciContext, { id, config }: SandboxRecord): PodNetworkRequest | null {
  const netnsPath = sandboxNamespaces(config, context.layout.sandbox(id)).net
  if (netnsPath === null) return null
  return {
    sandboxId: id,
    netnsPath: existsSync(netnsPath) ? netnsPath : "",
    interfaceName: "eth0",
    namespace: config.metadata.namespace,
    name: config.metadata.name,
    podUid: config.metadata.uid,
    labels: config.labels,
    portMappings: config.portMappings.filter(({ hostPort }) => hostPort > 0),
    annotations: config.annotations,
    ...(config.dnsConfig && { dns: config.dnsConfig }),
    cgroupPath: config.linux.cgroupParent,
  }
}

export function stopPodSandbox(context: OciContext, id: SandboxId): Promise<void> {
  return context.locks.run(id, () => stop(context, id))
}

async function stop(context: OciContext, id: SandboxId): Promise<void> {
  const entry = context.sandboxes.get(id)
  if (entry === undefined) return
  await Promise.all(containersOf(context, id).map((container) => end(context, container)))
  if (entry.record.state === "stopped") return
  await release(context, entry.record)
  entry.record = { ...entry.record, state: "stopped", pause: null }
  noteRecord(context.platform.log, context.layout.sandbox(id).record, entry.record)
  publishSandbox(context, entry)
}

async function end(context: OciContext, entry: ReturnType<typeof containersOf>[number]): Promise<void> {
  noteLoss(context, entry)
  await context.locks.run(entry.record.id, async () => {
    if (entry.run.state === "RUNNING") await kill(context, entry)
    if (entry.run.state !== "CREATED") return
    const message = "the pod was stopped before it started"
    finish(context, entry, { exitCode: 128 + SIGKILL, reason: "Error", message, finishedAtNs: nowNs(context) })
  })
}

/** Lets go of processes, network, namespaces and mounts. May be repeated. */
async function release(context: OciContext, record: SandboxRecord): Promise<void> {
  await stopPause(context, record)
  const request = networkRequest(context, record)
  if (request !== null) await context.network.tearDown(request)
  tearDownSandbox(context.layout.sandbox(record.id))
}

async function stopPause(context: OciContext, { id, config, handler, pause }: SandboxRecord): Promise<void> {
  if (config.linux.securityContext.namespaceOptions.pid !== "POD") return
  if (pause !== null && isAlive(pause)) sendSignal(pause, SIGKILL)
  const root = context.layout.runtimeRoot(handler)
  if (existsSync(`${root}/${id}`)) {
    const { path } = await context.handler(handler)
    await context.platform.processes.run(path, ["--root", root, "delete", "--force", id])
  }
  context.cgroups.remove(pauseCgroup(id, config))
  rmSync(context.layout.container(id).exit, { force: true })
}

/** Removes everything that a sandbox without containers has on this machine, but its logs. May be repeated. */
export async function discardSandbox(context: OciContext, record: SandboxRecord): Promise<void> {
  await release(context, record)
  if (record.ownsCgroup) context.cgroups.remove(record.config.linux.cgroupParent)
  rmSync(context.layout.sandbox(record.id).data, { recursive: true, force: true })
}

export function removePodSandbox(context: OciContext, id: SandboxId): Promise<void> {
  return context.locks.run(id, async () => {
    const entry = context.sandboxes.get(id)
    if (entry === undefined) return
    await stop(context, id)
    await Promise.all(containersOf(context, id).map(({ record }) => removeContainer(context, record.id)))
    await discardSandbox(context, entry.record)
    context.sandboxes.delete(id)
    context.events.publish({ type: "sandbox-removed", id, podUid: entry.record.config.metadata.uid })
  })
}
