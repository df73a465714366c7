import { bool, inline, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import {
  ConfigMapKeySelector,
  LocalObjectReference,
  ObjectFieldSelector,
  ResourceFieldSelector,
  SecretKeySelector,
} from "./references.ts"

export const FileKeySelector = struct(
  "io.k8s.api.core.v1.FileKeySelector",
  {
    volumeName: string(1, { doc: "The volume that holds the file.", required: true }),
    path: string(2, {
      doc: "The path of the file inside the volume. It must be relative and without .. parts.",
      required: true,
    }),
    key: string(3, { doc: "The variable in the file, at most 128 characters.", required: true }),
    optional: bool(4, {
      doc: "Whether the container starts without the variable when file or key is missing. Default false: it does not start.",
      pointer: true,
    }),
  },
  { doc: "Picks one variable from a file of environment variables in a volume.", mapType: "atomic" },
)
export type FileKeySelector = TypeOf<typeof FileKeySelector>

export const EnvVarSource = struct(
  "io.k8s.api.core.v1.EnvVarSource",
  {
    fieldRef: message(1, ObjectFieldSelector, {
      doc: "A field of the pod, such as metadata.name, spec.nodeName or status.podIP.",
    }),
    resourceFieldRef: message(2, ResourceFieldSelector, {
      doc: "A request or limit of a container, such as limits.cpu.",
    }),
    configMapKeyRef: message(3, ConfigMapKeySelector, {
      doc: "An entry of a ConfigMap, which must be in the same namespace as the pod.",
    }),
    secretKeyRef: message(4, SecretKeySelector, {
      doc: "An entry of a Secret, such as a password. The Secret must be in the same namespace as the pod.",
    }),
    fileKeyRef: message(5, FileKeySelector, {
      doc: "A variable in a file that another container of the pod has written to a volume.",
    }),
  },
  { doc: "Exactly one source must be set." },
)
export type EnvVarSource = TypeOf<typeof EnvVarSource>

export const EnvVar = struct(
  "io.k8s.api.core.v1.EnvVar",
  {
    name: string(1, { doc: "The name of the variable, of printable ASCII characters except =.", required: true }),
    value: string(2, {
      doc: "The value. $(OTHER) stands for a variable defined before it, and $$ for a dollar sign. Default: empty.",
    }),
    valueFrom: message(3, EnvVarSource, {
      doc: "Where the value comes from, instead of value. It is read when the container starts and does not follow later changes.",
    }),
  },
  { doc: "One environment variable of a container." },
)
export type EnvVar = TypeOf<typeof EnvVar>

export const ConfigMapEnvSource = struct(
  "io.k8s.api.core.v1.ConfigMapEnvSource",
  {
    localObjectReference: inline(1, LocalObjectReference),
    optional: bool(2, {
      doc: "Whether the container starts when the ConfigMap does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "A ConfigMap whose keys become environment variables." },
)
export type ConfigMapEnvSource = TypeOf<typeof ConfigMapEnvSource>

export const SecretEnvSource = struct(
  "io.k8s.api.core.v1.SecretEnvSource",
  {
    localObjectReference: inline(1, LocalObjectReference),
    optional: bool(2, {
      doc: "Whether the container starts when the Secret does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "A Secret whose keys become environment variables." },
)
export type SecretEnvSource = TypeOf<typeof SecretEnvSource>

export const EnvFromSource = struct(
  "io.k8s.api.core.v1.EnvFromSource",
  {
    prefix: string(1, { doc: "Text that is put before each key. Default: none." }),
    configMapRef: message(2, ConfigMapEnvSource, { doc: "The ConfigMap to take all keys from." }),
    secretRef: message(3, SecretEnvSource, { doc: "The Secret to take all keys from." }),
  },
  { doc: "A ConfigMap or Secret all of whose keys become environment variables." },
)
export type EnvFromSource = TypeOf<typeof EnvFromSource>
