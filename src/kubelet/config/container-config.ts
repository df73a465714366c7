import type { Pod } from "../../api/core/v1/pod.ts"
import type {
  ContainerConfig,
  ContainerSecurityContext,
  Device,
  EnvVar,
  LinuxContainerResources,
  Mount,
} from "../../runtime/runtime.ts"
import type { PodContainer } from "../pod/containers.ts"
import { expandReferences } from "../volumes/expand-references.ts"
import { containerAnnotations, containerLabels } from "./labels.ts"

export interface ContainerOptions {
  readonly attempt: number
  readonly nextPauseMs: number
  /** What the image store calls the image that is to run. */
  readonly imageId: string
  readonly env: readonly EnvVar[]
  readonly mounts: readonly Mount[]
  readonly devices: readonly Device[]
  readonly cdiDevices?: readonly string[]
  /** For the runtime, from whom the container has devices. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly security: ContainerSecurityContext
  readonly resources: LinuxContainerResources
}

/** What the runtime needs to make one container. */
export function containerConfig(pod: Pod, container: PodContainer, options: ContainerOptions): ContainerConfig {
  const { spec } = container
  const { attempt, env, imageId } = options
  const values = new Map(env.map(({ name, value }) => [name, value]))
  const expand = (text: string) => expandReferences(text, (name) => values.get(name) ?? `$(${name})`)
  const stopSignal = spec.lifecycle?.stopSignal
  return {
    metadata: { name: spec.name, attempt },
    image: { image: imageId, userSpecifiedImage: spec.image ?? "" },
    command: (spec.command ?? []).map(expand),
    args: (spec.args ?? []).map(expand),
    workingDir: spec.workingDir ?? "",
    envs: env,
    mounts: options.mounts,
    devices: options.devices,
    ...(options.cdiDevices !== undefined && options.cdiDevices.length > 0 && { cdiDevices: options.cdiDevices }),
    labels: containerLabels(pod, container),
    annotations: { ...options.annotations, ...containerAnnotations(pod, container, options) },
    logPath: `${spec.name}/${attempt}.log`,
    stdin: spec.stdin === true,
    stdinOnce: spec.stdinOnce === true,
    tty: spec.tty === true,
    ...(stopSignal ? { stopSignal } : {}),
    linux: {
      resources: options.resources,
      securityContext: options.security,
    },
  }
}
