import { bool, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { EnvFromSource, EnvVar } from "./environment.ts"
import { Lifecycle, Probe } from "./handlers.ts"
import { defaultPullPolicy } from "./image-name.ts"
import { ResourceRequirements } from "./resources.ts"
import { SecurityContext } from "./security-context.ts"

export const ContainerPort = struct(
  "io.k8s.api.core.v1.ContainerPort",
  {
    name: string(1, {
      doc: "A name for services and probes to refer to the port by. At most 15 lower-case letters, digits and dashes, unique in the pod.",
    }),
    hostPort: int32(2, {
      doc: "A port of the node that leads to this one, 1 to 65535. Only one pod of a node can have it. With hostNetwork it must equal containerPort.",
    }),
    containerPort: int32(3, { doc: "The port number inside the pod, 1 to 65535.", required: true }),
    protocol: string(4, { doc: "TCP, UDP or SCTP. Default TCP.", default: "TCP" }),
    hostIP: string(5, { doc: "The address of the node to which hostPort is bound. Default: all of them." }),
  },
  { doc: "A port that a container listens on." },
)
export type ContainerPort = TypeOf<typeof ContainerPort>

export const VolumeMount = struct(
  "io.k8s.api.core.v1.VolumeMount",
  {
    name: string(1, { doc: "The name of one of the pod's volumes.", required: true }),
    readOnly: bool(2, { doc: "Whether the container may only read. Default false." }),
    recursiveReadOnly: string(7, {
      doc: "Whether mounts inside a read-only volume are read-only too: Disabled (the default), IfPossible or Enabled, which fails where the node cannot do it.",
      pointer: true,
    }),
    mountPath: string(3, {
      doc: "The path in the container at which the volume appears. It may not contain a colon.",
      required: true,
    }),
    subPath: string(4, {
      doc: "The path inside the volume to mount instead of its root. Files mounted this way do not follow later changes of a ConfigMap or Secret.",
    }),
    mountPropagation: string(5, {
      doc: "Whether mounts made later are passed on: None (the default), HostToContainer, or Bidirectional, which only privileged containers may use.",
      pointer: true,
    }),
    subPathExpr: string(6, {
      doc: "Like subPath, but with $(NAME) replaced by environment variables of the container. Not together with subPath.",
    }),
  },
  { doc: "The same volume can be mounted in several containers, and at several paths." },
)
export type VolumeMount = TypeOf<typeof VolumeMount>

export const VolumeDevice = struct(
  "io.k8s.api.core.v1.VolumeDevice",
  {
    name: string(1, { doc: "The name of a volume whose persistent volume claim has the mode Block.", required: true }),
    devicePath: string(2, { doc: "The path in the container at which the device appears.", required: true }),
  },
  { doc: "Where a container sees a block device." },
)
export type VolumeDevice = TypeOf<typeof VolumeDevice>

export const ContainerResizePolicy = struct(
  "io.k8s.api.core.v1.ContainerResizePolicy",
  {
    resourceName: string(1, { doc: "The resource: cpu or memory.", required: true }),
    restartPolicy: string(2, {
      doc: "NotRequired (the default) changes it while the container runs; RestartContainer restarts the container.",
      required: true,
    }),
  },
  { doc: "What a change of one resource means for a running container." },
)
export type ContainerResizePolicy = TypeOf<typeof ContainerResizePolicy>

export const ContainerRestartRuleOnExitCodes = struct(
  "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes",
  {
    operator: string(1, { doc: "In: the code is one of values. NotIn: it is none of them.", required: true }),
    values: list(2, "int32", { doc: "The exit codes, at most 255.", listType: "set" }),
  },
  { doc: "Compares the exit code of a container with a list." },
)
export type ContainerRestartRuleOnExitCodes = TypeOf<typeof ContainerRestartRuleOnExitCodes>

export const ContainerRestartRule = struct(
  "io.k8s.api.core.v1.ContainerRestartRule",
  {
    action: string(1, {
      doc: "Restart starts only the container again; RestartAllContainers starts all containers of the pod again, from the first init container.",
      required: true,
    }),
    exitCodes: message(2, ContainerRestartRuleOnExitCodes, { doc: "The exit codes for which the rule applies." }),
  },
  { doc: "What to do after certain exits of a container." },
)
export type ContainerRestartRule = TypeOf<typeof ContainerRestartRule>

export const Container = struct(
  "io.k8s.api.core.v1.Container",
  {
    name: string(1, {
      doc: "A DNS label, unique among all containers of the pod. It cannot be changed.",
      required: true,
    }),
    image: string(2, {
      doc: "The image to run, such as nginx:1.29 or registry.example.com/app@sha256:…. Without a registry it comes from docker.io.",
    }),
    command: list(3, "string", {
      doc: "What to run instead of the image's entrypoint. No shell is involved; $(NAME) stands for an environment variable and $$ for a dollar sign.",
      listType: "atomic",
    }),
    args: list(4, "string", {
      doc: "The arguments of the command, instead of the image's own. Variables are replaced as in command.",
      listType: "atomic",
    }),
    workingDir: string(5, { doc: "The directory in which the process starts. Default: what the image says, else /." }),
    ports: list(6, ContainerPort, {
      doc: "Ports that the container listens on. A port that is not listed can be reached all the same; listing gives it a name or a port of the node.",
      listType: "map",
      mapKeys: ["containerPort", "protocol"],
      patchStrategy: "merge",
      mergeKey: "containerPort",
    }),
    envFrom: list(19, EnvFromSource, {
      doc: "ConfigMaps and Secrets all of whose keys become environment variables. Later sources win over earlier ones, and env over all of them.",
      listType: "atomic",
    }),
    env: list(7, EnvVar, {
      doc: "Environment variables of the container.",
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
    }),
    resources: message(8, ResourceRequirements, {
      doc: "How much cpu, memory and other resources the container asks for and may use.",
      always: true,
    }),
    resizePolicy: list(23, ContainerResizePolicy, {
      doc: "Whether the container must restart when its cpu or memory is changed. Default: it need not.",
      listType: "atomic",
    }),
    restartPolicy: string(24, {
      doc: "Whether this container is restarted, instead of the pod's restartPolicy: Always, OnFailure or Never. Always on an init container makes it a sidecar.",
      pointer: true,
    }),
    restartPolicyRules: list(25, ContainerRestartRule, {
      doc: "Exceptions from restartPolicy by exit code, at most 20; the first that matches counts. restartPolicy must be set as well.",
      listType: "atomic",
    }),
    volumeMounts: list(9, VolumeMount, {
      doc: "Which volumes the container sees, and where.",
      listType: "map",
      mapKeys: ["mountPath"],
      patchStrategy: "merge",
      mergeKey: "mountPath",
    }),
    volumeDevices: list(21, VolumeDevice, {
      doc: "Which block devices the container sees, and where.",
      listType: "map",
      mapKeys: ["devicePath"],
      patchStrategy: "merge",
      mergeKey: "devicePath",
    }),
    livenessProbe: message(10, Probe, {
      doc: "A check whose failure restarts the container. Default: none, and only the end of the process counts.",
    }),
    readinessProbe: message(11, Probe, {
      doc: "A check whose failure takes the pod out of its services. Default: none, and a running container is ready.",
    }),
    startupProbe: message(22, Probe, {
      doc: "A check that must succeed once before the other probes begin; if it never does, the container is restarted.",
    }),
    lifecycle: message(12, Lifecycle, { doc: "What to run after the container has started and before it is stopped." }),
    terminationMessagePath: string(13, {
      doc: "A file in which the process may leave a last message for the status, at most 4096 bytes. Default /dev/termination-log.",
      default: "/dev/termination-log",
    }),
    terminationMessagePolicy: string(20, {
      doc: "File (the default) takes the last message from that file only; FallbackToLogsOnError takes the end of the log when the file is empty and the container failed.",
      default: "File",
    }),
    imagePullPolicy: string(14, {
      doc: "When the image is pulled: Always, IfNotPresent or Never. Default: Always for the tag latest or no tag, else IfNotPresent.",
    }),
    securityContext: message(15, SecurityContext, {
      doc: "User, capabilities and other security settings. They come before those of the pod.",
    }),
    stdin: bool(16, {
      doc: "Whether standard input stays open for kubectl attach. Without it the process reads end of file at once. Default false.",
    }),
    stdinOnce: bool(17, {
      doc: "Whether standard input is closed for good when the first attached client leaves. Default false.",
    }),
    tty: bool(18, { doc: "Whether the process gets a terminal; stdin should be true as well. Default false." }),
  },
  {
    doc: "One container of a pod: its image, its process and what that may use.",
    defaults: (container) => {
      container.imagePullPolicy ||= defaultPullPolicy(container.image)
    },
  },
)
export type Container = TypeOf<typeof Container>
