import { bool, inline, int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { Lifecycle, Probe } from "./handlers.ts"
import { defaultPullPolicy } from "./image-name.ts"
import {
  ConfigMapKeySelector,
  LocalObjectReference,
  ObjectFieldSelector,
  ResourceFieldSelector,
  SecretKeySelector,
} from "./references.ts"
import { ResourceRequirements } from "./resources.ts"
import { SecurityContext } from "./security-context.ts"

export const ContainerPort = struct("io.k8s.api.core.v1.ContainerPort", {
  name: string(1, { doc: "" }),
  hostPort: int32(2, { doc: "" }),
  containerPort: int32(3, { doc: "", required: true }),
  protocol: string(4, { doc: "", default: "TCP" }),
  hostIP: string(5, { doc: "" }),
})
export type ContainerPort = TypeOf<typeof ContainerPort>

export const FileKeySelector = struct(
  "io.k8s.api.core.v1.FileKeySelector",
  {
    volumeName: string(1, { doc: "", required: true }),
    path: string(2, { doc: "", required: true }),
    key: string(3, { doc: "", required: true }),
    optional: bool(4, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type FileKeySelector = TypeOf<typeof FileKeySelector>

export const EnvVarSource = struct("io.k8s.api.core.v1.EnvVarSource", {
  fieldRef: message(1, ObjectFieldSelector, { doc: "" }),
  resourceFieldRef: message(2, ResourceFieldSelector, { doc: "" }),
  configMapKeyRef: message(3, ConfigMapKeySelector, { doc: "" }),
  secretKeyRef: message(4, SecretKeySelector, { doc: "" }),
  fileKeyRef: message(5, FileKeySelector, { doc: "" }),
})
export type EnvVarSource = TypeOf<typeof EnvVarSource>

export const EnvVar = struct("io.k8s.api.core.v1.EnvVar", {
  name: string(1, { doc: "", required: true }),
  value: string(2, { doc: "" }),
  valueFrom: message(3, EnvVarSource, { doc: "" }),
})
export type EnvVar = TypeOf<typeof EnvVar>

export const ConfigMapEnvSource = struct("io.k8s.api.core.v1.ConfigMapEnvSource", {
  localObjectReference: inline(1, LocalObjectReference),
  optional: bool(2, { doc: "", pointer: true }),
})
export type ConfigMapEnvSource = TypeOf<typeof ConfigMapEnvSource>

export const SecretEnvSource = struct("io.k8s.api.core.v1.SecretEnvSource", {
  localObjectReference: inline(1, LocalObjectReference),
  optional: bool(2, { doc: "", pointer: true }),
})
export type SecretEnvSource = TypeOf<typeof SecretEnvSource>

export const EnvFromSource = struct("io.k8s.api.core.v1.EnvFromSource", {
  prefix: string(1, { doc: "" }),
  configMapRef: message(2, ConfigMapEnvSource, { doc: "" }),
  secretRef: message(3, SecretEnvSource, { doc: "" }),
})
export type EnvFromSource = TypeOf<typeof EnvFromSource>

export const VolumeMount = struct("io.k8s.api.core.v1.VolumeMount", {
  name: string(1, { doc: "", required: true }),
  readOnly: bool(2, { doc: "" }),
  recursiveReadOnly: string(7, { doc: "", pointer: true }),
  mountPath: string(3, { doc: "", required: true }),
  subPath: string(4, { doc: "" }),
  mountPropagation: string(5, { doc: "", pointer: true }),
  subPathExpr: string(6, { doc: "" }),
})
export type VolumeMount = TypeOf<typeof VolumeMount>

export const VolumeDevice = struct("io.k8s.api.core.v1.VolumeDevice", {
  name: string(1, { doc: "", required: true }),
  devicePath: string(2, { doc: "", required: true }),
})
export type VolumeDevice = TypeOf<typeof VolumeDevice>

export const ContainerResizePolicy = struct("io.k8s.api.core.v1.ContainerResizePolicy", {
  resourceName: string(1, { doc: "", required: true }),
  restartPolicy: string(2, { doc: "", required: true }),
})
export type ContainerResizePolicy = TypeOf<typeof ContainerResizePolicy>

export const ContainerRestartRuleOnExitCodes = struct("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", {
  operator: string(1, { doc: "", required: true }),
  values: list(2, "int32", { doc: "", listType: "set" }),
})
export type ContainerRestartRuleOnExitCodes = TypeOf<typeof ContainerRestartRuleOnExitCodes>

export const ContainerRestartRule = struct("io.k8s.api.core.v1.ContainerRestartRule", {
  action: string(1, { doc: "", required: true }),
  exitCodes: message(2, ContainerRestartRuleOnExitCodes, { doc: "" }),
})
export type ContainerRestartRule = TypeOf<typeof ContainerRestartRule>

export const Container = struct(
  "io.k8s.api.core.v1.Container",
  {
    name: string(1, { doc: "", required: true }),
    image: string(2, { doc: "" }),
    command: list(3, "string", { doc: "", listType: "atomic" }),
    args: list(4, "string", { doc: "", listType: "atomic" }),
    workingDir: string(5, { doc: "" }),
    ports: list(6, ContainerPort, {
      doc: "",
      listType: "map",
      mapKeys: ["containerPort", "protocol"],
      patchStrategy: "merge",
      mergeKey: "containerPort",
    }),
    envFrom: list(19, EnvFromSource, { doc: "", listType: "atomic" }),
    env: list(7, EnvVar, { doc: "", listType: "map", mapKeys: ["name"], patchStrategy: "merge", mergeKey: "name" }),
    resources: message(8, ResourceRequirements, { doc: "", always: true }),
    resizePolicy: list(23, ContainerResizePolicy, { doc: "", listType: "atomic" }),
    restartPolicy: string(24, { doc: "", pointer: true }),
    restartPolicyRules: list(25, ContainerRestartRule, { doc: "", listType: "atomic" }),
    volumeMounts: list(9, VolumeMount, {
      doc: "",
      listType: "map",
      mapKeys: ["mountPath"],
      patchStrategy: "merge",
      mergeKey: "mountPath",
    }),
    volumeDevices: list(21, VolumeDevice, {
      doc: "",
      listType: "map",
      mapKeys: ["devicePath"],
      patchStrategy: "merge",
      mergeKey: "devicePath",
    }),
    livenessProbe: message(10, Probe, { doc: "" }),
    readinessProbe: message(11, Probe, { doc: "" }),
    startupProbe: message(22, Probe, { doc: "" }),
    lifecycle: message(12, Lifecycle, { doc: "" }),
    terminationMessagePath: string(13, { doc: "", default: "/dev/termination-log" }),
    terminationMessagePolicy: string(20, { doc: "", default: "File" }),
    imagePullPolicy: string(14, { doc: "" }),
    securityContext: message(15, SecurityContext, { doc: "" }),
    stdin: bool(16, { doc: "" }),
    stdinOnce: bool(17, { doc: "" }),
    tty: bool(18, { doc: "" }),
  },
  {
    defaults: (container) => {
      container.imagePullPolicy ||= defaultPullPolicy(container.image)
    },
  },
)
export type Container = TypeOf<typeof Container>

export const EphemeralContainerCommon = struct(
  "io.k8s.api.core.v1.EphemeralContainerCommon",
  {
    name: string(1, { doc: "", required: true }),
    image: string(2, { doc: "" }),
    command: list(3, "string", { doc: "", listType: "atomic" }),
    args: list(4, "string", { doc: "", listType: "atomic" }),
    workingDir: string(5, { doc: "" }),
    ports: list(6, ContainerPort, {
      doc: "",
      listType: "map",
      mapKeys: ["containerPort", "protocol"],
      patchStrategy: "merge",
      mergeKey: "containerPort",
    }),
    envFrom: list(19, EnvFromSource, { doc: "", listType: "atomic" }),
    env: list(7, EnvVar, { doc: "", listType: "map", mapKeys: ["name"], patchStrategy: "merge", mergeKey: "name" }),
    resources: message(8, ResourceRequirements, { doc: "", always: true }),
    resizePolicy: list(23, ContainerResizePolicy, { doc: "", listType: "atomic" }),
    restartPolicy: string(24, { doc: "", pointer: true }),
    restartPolicyRules: list(25, ContainerRestartRule, { doc: "", listType: "atomic" }),
    volumeMounts: list(9, VolumeMount, {
      doc: "",
      listType: "map",
      mapKeys: ["mountPath"],
      patchStrategy: "merge",
      mergeKey: "mountPath",
    }),
    volumeDevices: list(21, VolumeDevice, {
      doc: "",
      listType: "map",
      mapKeys: ["devicePath"],
      patchStrategy: "merge",
      mergeKey: "devicePath",
    }),
    livenessProbe: message(10, Probe, { doc: "" }),
    readinessProbe: message(11, Probe, { doc: "" }),
    startupProbe: message(22, Probe, { doc: "" }),
    lifecycle: message(12, Lifecycle, { doc: "" }),
    terminationMessagePath: string(13, { doc: "", default: "/dev/termination-log" }),
    terminationMessagePolicy: string(20, { doc: "", default: "File" }),
    imagePullPolicy: string(14, { doc: "" }),
    securityContext: message(15, SecurityContext, { doc: "" }),
    stdin: bool(16, { doc: "" }),
    stdinOnce: bool(17, { doc: "" }),
    tty: bool(18, { doc: "" }),
  },
  {
    defaults: (container) => {
      container.imagePullPolicy ||= defaultPullPolicy(container.image)
    },
  },
)
export type EphemeralContainerCommon = TypeOf<typeof EphemeralContainerCommon>

export const EphemeralContainer = struct("io.k8s.api.core.v1.EphemeralContainer", {
  ephemeralContainerCommon: inline(1, EphemeralContainerCommon),
  targetContainerName: string(2, { doc: "" }),
})
export type EphemeralContainer = TypeOf<typeof EphemeralContainer>
