import type { InputOf } from "../../machinery/schema/schema.ts"
import type { ContainerConfig } from "../container.ts"
import type * as containers from "../cri/container-messages.ts"
import { numberOf, PROTOCOLS, SIGNALS } from "../cri/enums.ts"
import { imageSpecMessage, mountMessage } from "../cri/mounts.ts"
import { resourcesMessage } from "../cri/resources.ts"
import type * as sandboxes from "../cri/sandbox-config.ts"
import type { PodSandboxConfig } from "../sandbox.ts"
import { containerSecurityMessage, sandboxSecurityMessage } from "./security-messages.ts"
import { userImageAnnotation } from "./statuses.ts"

/** What the kubelet wants, as CRI has it. */
export function sandboxConfigMessage(config: PodSandboxConfig): InputOf<typeof sandboxes.PodSandboxConfig> {
  const { annotations, dnsConfig, hostname, labels, linux, logDirectory, metadata, portMappings } = config
  return {
    metadata: { ...metadata },
    hostname,
    logDirectory,
    ...(dnsConfig && { dnsConfig: { ...dnsConfig } }),
    portMappings: portMappings.map(({ protocol, ...ports }) => ({ protocol: numberOf(PROTOCOLS, protocol), ...ports })),
    labels,
    annotations,
    linux: {
      cgroupParent: linux.cgroupParent,
      securityContext: sandboxSecurityMessage(linux.securityContext),
      sysctls: linux.sysctls,
      ...(linux.overhead && { overhead: resourcesMessage(linux.overhead) }),
      ...(linux.resources && { resources: resourcesMessage(linux.resources) }),
    },
  }
}

export function containerConfigMessage(config: ContainerConfig): InputOf<typeof containers.ContainerConfig> {
  const { annotations, args, cdiDevices = [], command, devices, envs, image, labels, linux, logPath } = config
  const { metadata, mounts, stdin, stdinOnce, stopSignal, tty, workingDir } = config
  return {
    metadata: { ...metadata },
    image: imageSpecMessage(image),
    command,
    args,
    workingDir,
    envs: envs.map(({ name, value }) => ({ key: name, value: Buffer.from(value).toString("base64") })),
    mounts: mounts.map(mountMessage),
    devices: devices.map((device) => ({ ...device })),
    CDIDevices: cdiDevices.map((name) => ({ name })),
    labels,
    annotations: { ...annotations, [userImageAnnotation]: image.userSpecifiedImage },
    logPath,
    stdin,
    stdinOnce,
    tty,
    ...(stopSignal !== undefined && { stopSignal: numberOf(SIGNALS, stopSignal) }),
    linux: {
      resources: resourcesMessage(linux.resources),
      securityContext: containerSecurityMessage(linux.securityContext),
    },
  }
}
