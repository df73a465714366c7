import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { ContainerConfig, Device } from "../container.ts"
import type * as containers from "../cri/container-messages.ts"
import { PROTOCOLS, SIGNALS } from "../cri/enums.ts"
import { imageSpecOf, mountOf } from "../cri/mounts.ts"
import { resourcesOf } from "../cri/resources.ts"
import type * as sandboxes from "../cri/sandbox-config.ts"
import type { PodSandboxConfig, PortMapping, StringMap } from "../sandbox.ts"
import { cgroupParentOf } from "./cgroup-parent.ts"
import { invalid } from "./errors.ts"
import { containerSecurity, sandboxSecurity } from "./security.ts"

type SandboxMessage = TypeOf<typeof sandboxes.PodSandboxConfig>
type ContainerMessage = TypeOf<typeof containers.ContainerConfig>

/** What a client asks for, as the port has it. Throws InvalidArgument. */
export function sandboxConfigOf(message: SandboxMessage = {}): PodSandboxConfig {
  const { annotations = {}, dnsConfig, hostname = "", labels = {}, linux = {}, logDirectory = "" } = message
  const { attempt = 0, name = "", namespace = "", uid = "" } = message.metadata ?? {}
  if (name === "" || uid === "") throw invalid("sandbox config must include metadata with name and uid")
  const { cgroupParent = "", overhead, resources, securityContext, sysctls = {} } = linux
  return {
    metadata: { name, uid, namespace, attempt },
    hostname,
    logDirectory,
    ...(dnsConfig && {
      dnsConfig: {
        servers: dnsConfig.servers ?? [],
        searches: dnsConfig.searches ?? [],
        options: dnsConfig.options ?? [],
      },
    }),
    portMappings: (message.portMappings ?? []).map(portMappingOf),
    labels,
    annotations,
    linux: {
      cgroupParent: cgroupParentOf(cgroupParent, uid),
      securityContext: sandboxSecurity(securityContext),
      sysctls,
      ...(overhead && { overhead: resourcesOf(overhead) }),
      ...(resources && { resources: resourcesOf(resources) }),
    },
  }
}

function portMappingOf(message: TypeOf<typeof sandboxes.PortMapping>): PortMapping {
  const { containerPort = 0, hostIp = "", hostPort = 0, protocol = 0 } = message
  return { protocol: PROTOCOLS[protocol] ?? "TCP", containerPort, hostPort, hostIp }
}

/** Throws InvalidArgument. */
export function containerConfigOf(message: ContainerMessage = {}): ContainerConfig {
  const { annotations = {}, args = [], CDIDevices: cdiDevices = [], command = [], devices = [], envs = [] } = message
  const { image, labels = {}, linux = {}, logPath = "", mounts = [], stdin = false, stdinOnce = false } = message
  const { stopSignal = 0, tty = false, workingDir = "" } = message
  const { attempt = 0, name = "" } = message.metadata ?? {}
  if (name === "") throw invalid("container config must include metadata with a name")
  if (image?.image === undefined) throw invalid("container config must include an image")
  return {
    metadata: { name, attempt },
    image: imageSpecOf(image),
    command,
    args,
    workingDir,
    envs: envs.map(({ key = "", value = "" }) => ({ name: key, value: Buffer.from(value, "base64").toString() })),
    mounts: mounts.map(mountOf),
    devices: devices.map(deviceOf),
    ...(cdiDevices.length > 0 && { cdiDevices: cdiDevices.map(({ name: device = "" }) => device) }),
    labels,
    annotations,
    logPath,
    stdin,
    stdinOnce,
    tty,
    ...(stopSignal !== 0 && { stopSignal: SIGNALS[stopSignal] ?? "" }),
    linux: {
      resources: resourcesOf(linux.resources),
      securityContext: containerSecurity(linux.securityContext),
    },
  }
}

function deviceOf({ containerPath = "", hostPath = "", permissions = "" }: TypeOf<typeof containers.Device>): Device {
  return { containerPath, hostPath, permissions }
}

/** Absent when nothing is asked for. */
export function selectorOf(labels: StringMap = {}): { readonly labelSelector?: StringMap } {
  return Object.keys(labels).length === 0 ? {} : { labelSelector: labels }
}
