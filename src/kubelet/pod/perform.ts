import type { Pod } from "../../api/core/v1/pod.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { ImageSpec, SandboxId } from "../../runtime/runtime.ts"
import { podDns } from "../config/dns.ts"
import { podHostname } from "../config/hostname.ts"
import { sandboxConfig } from "../config/sandbox-config.ts"
import { killContainer } from "../container/kill-container.ts"
import { removeContainer } from "../container/remove-container.ts"
import { startContainer } from "../container/start-container.ts"
import type { Environment } from "../environment.ts"
import type { ImageEnsurer } from "../image/ensure-image.ts"
import { volumeImageKey, volumeImages } from "../image/wanted-images.ts"
import { userNamespaceOf } from "../user-namespaces/of-pod.ts"
import { SET_UP_RETRY_MAX_MS, SET_UP_RETRY_MS, VolumesError } from "../volumes/volumes.ts"
import type { Action } from "./actions.ts"
import { describePod } from "./containers.ts"
import { readySandbox, sandboxFailure, volumesFailure } from "./facts.ts"
import { graceLeastSeconds } from "./grace.ts"
import type { Operations as PodOperations } from "./operations.ts"
import { resizeFailure, resourcesText } from "./resize.ts"
import { checkShrinking } from "./shrinks.ts"

interface Operations extends PodOperations {
  readonly environment: Environment
  readonly ensurer: ImageEnsurer
}

/** As the kubelet's sync back-off: failed starts and sandboxes are tried again after this. */
const retryMs = 10_000

/** Performs one action. What fails is noted in `operations.failures`; only surprises reject. */
export async function perform(operations: Operations, action: Action): Promise<void> {
  const { environment } = operations
  const { uid } = operations.pod().metadata
  switch (action.do) {
    case "mount-volumes":
      return mountVolumes(operations)
    case "run-sandbox":
      return runSandbox(operations, action)
    case "ensure-image": {
      const { wanted } = action
      operations.images.set(wanted.key, { state: "checking" })
      const onPulling = () => operations.images.set(wanted.key, { state: "pulling" })
      const fact = await operations.ensurer.ensure(operations.pod(), wanted, operations.running, onPulling)
      operations.images.set(wanted.key, fact)
      return
    }
    case "start-container":
      return start(operations, action)
    case "kill-container": {
      const pod = operations.pod()
      const podIp = readySandbox(environment.view.of(uid))?.ips[0] ?? environment.nodeIps[0]
      return killContainer(environment, { ...action, pod, podIp })
    }
    case "resize-container":
      return resize(operations, action)
    case "stop-sandbox":
      await environment.runtime.stopPodSandbox(action.id)
      return environment.view.refreshSandbox(action.id)
    case "remove-container":
      return removeContainer(environment, uid, action.id)
  }
}

async function mountVolumes(operations: Operations): Promise<void> {
  const { environment, failures } = operations
  try {
    await environment.volumes.setUp(operations.pod())
    failures.delete(volumesFailure)
    operations.setVolumesMounted(true)
  } catch (error) {
    if (error instanceof VolumesError && error.rejection) return operations.reject(error.rejection)
    const nowMs = environment.platform.clock.monotonicMs()
    const before = failures.get(volumesFailure)
    const maxMs = error instanceof VolumesError ? error.retryMaxMs : SET_UP_RETRY_MAX_MS
    const pauseMs = Math.min((before?.pauseMs ?? SET_UP_RETRY_MS / 2) * 2, maxMs)
    const message = messageOf(error)
    failures.set(volumesFailure, { reason: "FailedMount", message, retryAtMs: nowMs + pauseMs, pauseMs })
  }
}

async function runSandbox(
  operations: Operations,
  { attempt, replaces }: Extract<Action, { do: "run-sandbox" }>,
): Promise<void> {
  const { environment, failures } = operations
  const { clusterDns, events, platform, runtime, view } = environment
  const pod = operations.pod()
  if (replaces) {
    events.record(pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
  }
  try {
    for (const { id } of view.of(pod.metadata.uid).sandboxes) await removeDead(operations, id)
    environment.cgroups.ensure(pod, environment.allocations.hasOwnCpus(pod))
    refuseUnsupported(pod, environment)
    const config = sandboxConfig(pod, {
      attempt,
      userns: userNamespaceOf(pod, environment.idBlocks),
      cgroup: environment.cgroups.path(pod),
      hostname: podHostname(pod, clusterDns.domain).kernel,
      dns: podDns(pod, clusterDns, environment.nodeDns()),
      logDir: environment.logDir,
    })
    await prepareDevices(environment, pod)
    const handler = await environment.runtimeHandler(pod.spec.runtimeClassName ?? "")
    environment.counters.add("kubelet_started_pods_total")
    if (pod.spec.hostUsers === false) environment.counters.add("kubelet_started_user_namespaced_pods_total")
    const id = await runtime.runPodSandbox(config, handler)
    failures.delete(sandboxFailure)
    await view.refreshSandbox(id)
  } catch (error) {
    const message = messageOf(error)
    platform.log.warn("a pod sandbox could not be made", { pod: describePod(pod), error })
    if (operations.running.aborted) return
    environment.counters.add("kubelet_started_pods_errors_total")
    countUserNamespaceError(operations)
    if (error instanceof UnpreparedClaim) {
      events.record(pod, "Warning", "FailedPrepareDynamicResources", `Failed to prepare dynamic resources: ${message}`)
    } else {
      events.record(pod, "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`)
    }
    const retryAtMs = platform.clock.monotonicMs() + retryMs
    failures.set(sandboxFailure, { reason: "FailedCreatePodSandBox", message, retryAtMs })
  }
}

/** The pod's group first when it grows, so that no limit of a part is above that of the whole for long. */
async function resize(
  { actuated, environment, failures, pod }: Operations,
  { container, id }: Extract<Action, { do: "resize-container" }>,
): Promise<void> {
  const { allocations, cgroups, platform, resourcesOf, runtime, view } = environment
  const { spec } = container
  try {
    const status = view.of(pod().metadata.uid).containers.find((each) => each.id === id)
    if (status !== undefined) await checkShrinking(runtime, pod(), container, status)
    const ensure = () => cgroups.ensure(pod(), allocations.hasOwnCpus(pod()))
    ensure()
    await runtime.updateContainerResources(id, resourcesOf(pod(), spec))
    ensure()
    actuated.set(id, resourcesText(spec))
    failures.delete(resizeFailure(id))
    await view.refreshContainer(id)
  } catch (error) {
    const message = messageOf(error)
    failures.set(resizeFailure(id), {
      reason: "ResizeError",
      message,
      retryAtMs: platform.clock.monotonicMs() + retryMs,
    })
  }
}

/** Better no pod than one with less isolation than it asks for. */
function refuseUnsupported({ spec }: Pod, environment: Pick<Environment, "userNamespaces">): void {
  if (spec.hostUsers === false && !environment.userNamespaces(spec.runtimeClassName ?? "")) {
    throw new Error("can't set `spec.hostUsers: false`, runtime does not support user namespaces")
  }
}

async function prepareDevices({ devices }: Environment, pod: Pod): Promise<void> {
  try {
    await devices.prepare(pod)
  } catch (error) {
    throw new UnpreparedClaim(messageOf(error), { cause: error })
  }
}

class UnpreparedClaim extends Error {}

/** What is left of an earlier sandbox must not hold the new one's addresses. */
async function removeDead({ environment: { runtime, view } }: Operations, id: SandboxId): Promise<void> {
  await runtime.stopPodSandbox(id)
  await view.refreshSandbox(id)
}

async function start(operations: Operations, action: Extract<Action, { do: "start-container" }>): Promise<void> {
  const { environment, failures, images } = operations
  const { name } = action.container.spec
  const image = images.get(name)
  if (image?.state !== "present") return
  const pod = operations.pod()
  // A resize may be why it starts again, and the pod's group bounds what its containers may be given.
  if (action.attempt > 0) environment.cgroups.ensure(pod, environment.allocations.hasOwnCpus(pod))
  const runtime = () => environment.view.of(pod.metadata.uid)
  const failure = await startContainer(environment, {
    pod,
    start: action,
    image,
    volumeImages: presentVolumeImages(pod, images),
    runtime,
    signal: operations.signal,
    killAfterFailedHook: (id) =>
      killContainer(environment, {
        pod,
        id,
        name,
        message: "FailedPostStartHook",
        graceMs: (pod.spec.terminationGracePeriodSeconds ?? graceLeastSeconds) * 1000,
        podIp: readySandbox(runtime())?.ips[0] ?? environment.nodeIps[0],
      }),
  })
  // The next start looks for the image again, as its pull policy says.
  images.delete(name)
  if (failure === undefined) return void failures.delete(name)
  if (action.attempt === 0) countUserNamespaceError(operations)
  for (const { key } of volumeImages(pod, action.container)) images.delete(key)
  failures.set(name, { ...failure, retryAtMs: environment.platform.clock.monotonicMs() + retryMs })
}

/** What users of their own break mostly shows when the first containers start. */
function countUserNamespaceError({ environment, pod }: Operations): void {
  if (pod().spec.hostUsers === false) environment.counters.add("kubelet_started_user_namespaced_pods_errors_total")
}

/** Those of volumes stay what they were when the pod began. */
function presentVolumeImages({ spec: { volumes = [] } }: Pod, images: Operations["images"]): Map<string, ImageSpec> {
  const found = new Map<string, ImageSpec>()
  for (const { image, name } of volumes) {
    const fact = images.get(volumeImageKey(name))
    if (fact?.state !== "present") continue
    found.set(name, { image: fact.imageId, userSpecifiedImage: image?.reference ?? "" })
  }
  return found
}
