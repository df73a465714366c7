import { bool, inline, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ContainerPort, ContainerResizePolicy, ContainerRestartRule, VolumeDevice, VolumeMount } from "./container.ts"
import { EnvFromSource, EnvVar } from "./environment.ts"
import { Lifecycle, Probe } from "./handlers.ts"
import { defaultPullPolicy } from "./image-name.ts"
import { ResourceRequirements } from "./resources.ts"
import { SecurityContext } from "./security-context.ts"

export const EphemeralContainerCommon = struct(
  "io.k8s.api.core.v1.EphemeralContainerCommon",
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
      doc: "Not allowed for this kind of container.",
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
      doc: "Not allowed for this kind of container; it uses what the pod leaves free.",
      always: true,
    }),
    resizePolicy: list(23, ContainerResizePolicy, {
      doc: "Whether the container must restart when its cpu or memory is changed. Default: it need not.",
      listType: "atomic",
    }),
    restartPolicy: string(24, {
      doc: "Not allowed for this kind of container, which is never restarted.",
      pointer: true,
    }),
    restartPolicyRules: list(25, ContainerRestartRule, {
      doc: "Not allowed for this kind of container, which is never restarted.",
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
    livenessProbe: message(10, Probe, { doc: "Not allowed for this kind of container." }),
    readinessProbe: message(11, Probe, { doc: "Not allowed for this kind of container." }),
    startupProbe: message(22, Probe, { doc: "Not allowed for this kind of container." }),
    lifecycle: message(12, Lifecycle, { doc: "Not allowed for this kind of container." }),
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
      doc: "User, capabilities and other security settings of the container.",
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
    doc: "One container for debugging: its image and its process.",
    defaults: (container) => {
      container.imagePullPolicy ||= defaultPullPolicy(container.image)
    },
  },
)
export type EphemeralContainerCommon = TypeOf<typeof EphemeralContainerCommon>

export const EphemeralContainer = struct(
  "io.k8s.api.core.v1.EphemeralContainer",
  {
    ephemeralContainerCommon: inline(1, EphemeralContainerCommon),
    targetContainerName: string(2, {
      doc: "The container whose processes this one sees. Default: none, as long as the pod does not share its processes.",
    }),
  },
  { doc: "A container that is added to a running pod for debugging. It is never restarted and goes with the pod." },
)
export type EphemeralContainer = TypeOf<typeof EphemeralContainer>
