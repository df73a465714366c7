import { bool, int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const Capabilities = struct("io.k8s.api.core.v1.Capabilities", {
  add: list(1, "string", { doc: "", listType: "atomic" }),
  drop: list(2, "string", { doc: "", listType: "atomic" }),
})
export type Capabilities = TypeOf<typeof Capabilities>

export const SELinuxOptions = struct("io.k8s.api.core.v1.SELinuxOptions", {
  user: string(1, { doc: "" }),
  role: string(2, { doc: "" }),
  type: string(3, { doc: "" }),
  level: string(4, { doc: "" }),
})
export type SELinuxOptions = TypeOf<typeof SELinuxOptions>

export const WindowsSecurityContextOptions = struct("io.k8s.api.core.v1.WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: string(1, { doc: "", pointer: true }),
  gmsaCredentialSpec: string(2, { doc: "", pointer: true }),
  runAsUserName: string(3, { doc: "", pointer: true }),
  hostProcess: bool(4, { doc: "", pointer: true }),
})
export type WindowsSecurityContextOptions = TypeOf<typeof WindowsSecurityContextOptions>

export const SeccompProfile = struct(
  "io.k8s.api.core.v1.SeccompProfile",
  {
    type: string(1, { doc: "", required: true }),
    localhostProfile: string(2, { doc: "", pointer: true }),
  },
  { unions: [{ discriminator: "type", members: ["localhostProfile"], published: true }] },
)
export type SeccompProfile = TypeOf<typeof SeccompProfile>

export const AppArmorProfile = struct(
  "io.k8s.api.core.v1.AppArmorProfile",
  {
    type: string(1, { doc: "", required: true }),
    localhostProfile: string(2, { doc: "", pointer: true }),
  },
  { unions: [{ discriminator: "type", members: ["localhostProfile"], published: true }] },
)
export type AppArmorProfile = TypeOf<typeof AppArmorProfile>

export const SecurityContext = struct("io.k8s.api.core.v1.SecurityContext", {
  capabilities: message(1, Capabilities, { doc: "" }),
  privileged: bool(2, { doc: "", pointer: true }),
  seLinuxOptions: message(3, SELinuxOptions, { doc: "" }),
  windowsOptions: message(10, WindowsSecurityContextOptions, { doc: "" }),
  runAsUser: int64(4, { doc: "", pointer: true }),
  runAsGroup: int64(8, { doc: "", pointer: true }),
  runAsNonRoot: bool(5, { doc: "", pointer: true }),
  readOnlyRootFilesystem: bool(6, { doc: "", pointer: true }),
  allowPrivilegeEscalation: bool(7, { doc: "", pointer: true }),
  procMount: string(9, { doc: "", pointer: true }),
  seccompProfile: message(11, SeccompProfile, { doc: "" }),
  appArmorProfile: message(12, AppArmorProfile, { doc: "" }),
})
export type SecurityContext = TypeOf<typeof SecurityContext>

export const Sysctl = struct("io.k8s.api.core.v1.Sysctl", {
  name: string(1, { doc: "", required: true }),
  value: string(2, { doc: "", required: true }),
})
export type Sysctl = TypeOf<typeof Sysctl>

export const PodSecurityContext = struct("io.k8s.api.core.v1.PodSecurityContext", {
  seLinuxOptions: message(1, SELinuxOptions, { doc: "" }),
  windowsOptions: message(8, WindowsSecurityContextOptions, { doc: "" }),
  runAsUser: int64(2, { doc: "", pointer: true }),
  runAsGroup: int64(6, { doc: "", pointer: true }),
  runAsNonRoot: bool(3, { doc: "", pointer: true }),
  supplementalGroups: list(4, "int64", { doc: "", listType: "atomic" }),
  supplementalGroupsPolicy: string(12, { doc: "", pointer: true }),
  fsGroup: int64(5, { doc: "", pointer: true }),
  sysctls: list(7, Sysctl, { doc: "", listType: "atomic" }),
  fsGroupChangePolicy: string(9, { doc: "", pointer: true }),
  seccompProfile: message(10, SeccompProfile, { doc: "" }),
  appArmorProfile: message(11, AppArmorProfile, { doc: "" }),
  seLinuxChangePolicy: string(13, { doc: "", pointer: true }),
})
export type PodSecurityContext = TypeOf<typeof PodSecurityContext>
