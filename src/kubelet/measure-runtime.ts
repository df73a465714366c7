import type { NodeImages } from "../images/images.ts"
import type { ContainerRuntime } from "../runtime/runtime.ts"
import type { Counters } from "./counters.ts"
import type { Timings } from "./timings.ts"

interface Counting {
  readonly counters: Pick<Counters, "add">
  readonly timings: Pick<Timings, "time">
}
type Call = (
  operation: string,
) => <A extends unknown[], T>(run: (...args: A) => Promise<T>) => (...args: A) => Promise<T>

/** Counts what the container runtime is asked, and how long it takes, by CRI's names. */
export function measureRuntime(runtime: ContainerRuntime, counting: Counting): ContainerRuntime {
  const { counters, timings } = counting
  const call = calls(counting)
  const runSandbox = call("run_podsandbox")(runtime.runPodSandbox.bind(runtime))
  return {
    async runPodSandbox(config, runtimeHandler = "") {
      const labels = { runtime_handler: runtimeHandler }
      try {
        return await timings.time("kubelet_run_podsandbox_duration_seconds", labels, () =>
          runSandbox(config, runtimeHandler),
        )
      } catch (error) {
        counters.add("kubelet_run_podsandbox_errors_total", labels)
        throw error
      }
    },
    stopPodSandbox: call("stop_podsandbox")((id) => runtime.stopPodSandbox(id)),
    removePodSandbox: call("remove_podsandbox")((id) => runtime.removePodSandbox(id)),
    podSandboxStatus: call("podsandbox_status")((id) => runtime.podSandboxStatus(id)),
    listPodSandboxes: call("list_podsandbox")((filter) => runtime.listPodSandboxes(filter)),
    createContainer: call("create_container")((sandbox, config) => runtime.createContainer(sandbox, config)),
    startContainer: call("start_container")((id) => runtime.startContainer(id)),
    stopContainer: call("stop_container")((id, graceMs) => runtime.stopContainer(id, graceMs)),
    removeContainer: call("remove_container")((id) => runtime.removeContainer(id)),
    listContainers: call("list_containers")((filter) => runtime.listContainers(filter)),
    containerStatus: call("container_status")((id) => runtime.containerStatus(id)),
    updateContainerResources: call("update_container")((id, all) => runtime.updateContainerResources(id, all)),
    reopenContainerLog: call("reopen_container_log")((id) => runtime.reopenContainerLog(id)),
    execSync: call("exec_sync")((id, cmd, timeoutMs) => runtime.execSync(id, cmd, timeoutMs)),
    exec: call("exec")((id, request) => runtime.exec(id, request)),
    attach: call("attach")((id, request) => runtime.attach(id, request)),
    portForward: call("port_forward")((id, port) => runtime.portForward(id, port)),
    containerStats: call("container_stats")((id) => runtime.containerStats(id)),
    listContainerStats: call("list_container_stats")((filter) => runtime.listContainerStats(filter)),
    podSandboxStats: call("podsandbox_stats")((id) => runtime.podSandboxStats(id)),
    events: (signal) => runtime.events(signal),
    status: call("status")(() => runtime.status()),
    updateRuntimeConfig: call("update_runtime_config")((config) => runtime.updateRuntimeConfig(config)),
    runtimeConfig: call("runtime_config")(() => runtime.runtimeConfig()),
    version: call("version")(() => runtime.version()),
    close: () => runtime.close(),
  }
}

export function measureImages(images: NodeImages, counting: Counting): NodeImages {
  const call = calls(counting)
  return {
    status: call("image_status")((ref) => images.status(ref)),
    list: call("list_images")(() => images.list()),
    pull: call("pull_image")((ref, options) => images.pull(ref, options)),
    remove: call("remove_image")((ref) => images.remove(ref)),
    collectGarbage: () => images.collectGarbage(),
    fsInfo: call("image_fs_info")(() => images.fsInfo()),
  }
}

function calls({ counters, timings }: Counting): Call {
  return (operation) => {
    const labels = { operation_type: operation }
    return (run) =>
      async (...args) => {
        counters.add("kubelet_runtime_operations_total", labels)
        try {
          return await timings.time("kubelet_runtime_operations_duration_seconds", labels, () => run(...args))
        } catch (error) {
          counters.add("kubelet_runtime_operations_errors_total", labels)
          throw error
        }
      }
  }
}
