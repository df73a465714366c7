import { bool, int64, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const Capabilities = struct(
  "io.k8s.api.core.v1.Capabilities",
  {
    add: list(1, "string", {
      doc: "Capabilities to add, without the prefix CAP_, such as NET_ADMIN; ALL means every one.",
      listType: "atomic",
    }),
    drop: list(2, "string", { doc: "Capabilities to take away; ALL means every one.", listType: "atomic" }),
  },
  { doc: "Capabilities that a container has beyond or below the runtime's default set." },
)
export type Capabilities = TypeOf<typeof Capabilities>

export const SELinuxOptions = struct(
  "io.k8s.api.core.v1.SELinuxOptions",
  {
    user: string(1, { doc: "The user part of the label." }),
    role: string(2, { doc: "The role part of the label." }),
    type: string(3, { doc: "The type part of the label." }),
    level: string(4, { doc: "The level part of the label, such as s0:c123,c456." }),
  },
  { doc: "The SELinux label of a process." },
)
export type SELinuxOptions = TypeOf<typeof SELinuxOptions>

export const WindowsSecurityContextOptions = struct(
  "io.k8s.api.core.v1.WindowsSecurityContextOptions",
  {
    gmsaCredentialSpecName: string(1, {
      doc: "Which GMSA credential the process gets, by the name of its GMSACredentialSpec object.",
      pointer: true,
    }),
    gmsaCredentialSpec: string(2, {
      doc: "The GMSA credential itself; usually filled in by a webhook from its name.",
      pointer: true,
    }),
    runAsUserName: string(3, {
      doc: "The user that the process runs as. Default: what the image says.",
      pointer: true,
    }),
    hostProcess: bool(4, {
      doc: "Whether the container runs as a process of the host. All containers of a pod must agree, and hostNetwork must be true. Default false.",
      pointer: true,
    }),
  },
  { doc: "Security settings for Windows containers." },
)
export type WindowsSecurityContextOptions = TypeOf<typeof WindowsSecurityContextOptions>

export const SeccompProfile = struct(
  "io.k8s.api.core.v1.SeccompProfile",
  {
    type: string(1, { doc: "RuntimeDefault, Unconfined, or Localhost for a file on the node.", required: true }),
    localhostProfile: string(2, {
      doc: "The file, relative to the seccomp folder of the node's kubelet. Needed with type Localhost, and only allowed there.",
      pointer: true,
    }),
  },
  {
    doc: "Which system calls processes may make.",
    unions: [{ discriminator: "type", members: ["localhostProfile"], published: true }],
  },
)
export type SeccompProfile = TypeOf<typeof SeccompProfile>

export const AppArmorProfile = struct(
  "io.k8s.api.core.v1.AppArmorProfile",
  {
    type: string(1, {
      doc: "RuntimeDefault, Unconfined, or Localhost for a profile that is loaded on the node.",
      required: true,
    }),
    localhostProfile: string(2, {
      doc: "The name of the profile. Needed with type Localhost, and only allowed there.",
      pointer: true,
    }),
  },
  {
    doc: "Which AppArmor profile processes are kept to.",
    unions: [{ discriminator: "type", members: ["localhostProfile"], published: true }],
  },
)
export type AppArmorProfile = TypeOf<typeof AppArmorProfile>

export const SecurityContext = struct(
  "io.k8s.api.core.v1.SecurityContext",
  {
    capabilities: message(1, Capabilities, { doc: "Capabilities to add or drop. Not for Windows." }),
    privileged: bool(2, {
      doc: "Whether the container has all the rights of root on the node. Default false.",
      pointer: true,
    }),
    seLinuxOptions: message(3, SELinuxOptions, {
      doc: "The SELinux label of the process. Default: the runtime chooses one.",
    }),
    windowsOptions: message(10, WindowsSecurityContextOptions, { doc: "Settings for Windows; only allowed there." }),
    runAsUser: int64(4, { doc: "The user id of the process. Default: what the image says.", pointer: true }),
    runAsGroup: int64(8, { doc: "The group id of the process. Default: what the runtime chooses.", pointer: true }),
    runAsNonRoot: bool(5, {
      doc: "Whether the kubelet refuses to start the process as user 0. Default false.",
      pointer: true,
    }),
    readOnlyRootFilesystem: bool(6, {
      doc: "Whether the container may only read its root file system; volumes are not affected. Default false.",
      pointer: true,
    }),
    allowPrivilegeEscalation: bool(7, {
      doc: "Whether processes can gain rights that their parent lacks, as through setuid. Default true; always true when privileged.",
      pointer: true,
    }),
    procMount: string(9, {
      doc: "How /proc is shown: Default hides and protects some paths, Unmasked does not, and needs hostUsers: false.",
      pointer: true,
    }),
    seccompProfile: message(11, SeccompProfile, {
      doc: "Which system calls the container may make. Default: the pod's setting.",
    }),
    appArmorProfile: message(12, AppArmorProfile, {
      doc: "Which AppArmor profile the container is kept to. Default: the pod's setting.",
    }),
  },
  { doc: "What a container may do and who it runs as. Members set here come before those of the pod." },
)
export type SecurityContext = TypeOf<typeof SecurityContext>

export const Sysctl = struct(
  "io.k8s.api.core.v1.Sysctl",
  {
    name: string(1, { doc: "The parameter, such as net.ipv4.ip_local_port_range.", required: true }),
    value: string(2, { doc: "Its value, as text.", required: true }),
  },
  { doc: "A kernel parameter of a pod." },
)
export type Sysctl = TypeOf<typeof Sysctl>

export const PodSecurityContext = struct(
  "io.k8s.api.core.v1.PodSecurityContext",
  {
    seLinuxOptions: message(1, SELinuxOptions, {
      doc: "The SELinux label of all containers. Default: the runtime chooses one for each.",
    }),
    windowsOptions: message(8, WindowsSecurityContextOptions, { doc: "Settings for Windows; only allowed there." }),
    runAsUser: int64(2, { doc: "The user id of all processes. Default: what each image says.", pointer: true }),
    runAsGroup: int64(6, { doc: "The group id of all processes. Default: what the runtime chooses.", pointer: true }),
    runAsNonRoot: bool(3, {
      doc: "Whether the kubelet refuses to start processes as user 0. Default false.",
      pointer: true,
    }),
    supplementalGroups: list(4, "int64", {
      doc: "Further group ids of all processes, besides the primary group and fsGroup.",
      listType: "atomic",
    }),
    supplementalGroupsPolicy: string(12, {
      doc: "Where groups come from: Merge (the default) adds those that the image's /etc/group gives the user, Strict takes only those of the pod.",
      pointer: true,
    }),
    fsGroup: int64(5, {
      doc: "A group id that owns the files of volumes that support it, and that all processes have. Default: files keep their owners.",
      pointer: true,
    }),
    sysctls: list(7, Sysctl, {
      doc: "Kernel parameters for the pod. Those that reach beyond the pod's namespaces must be allowed on the node.",
      listType: "atomic",
    }),
    fsGroupChangePolicy: string(9, {
      doc: "When the owner of a volume's files is set: Always (the default), or OnRootMismatch, only if its root folder is wrong, which is faster.",
      pointer: true,
    }),
    seccompProfile: message(10, SeccompProfile, {
      doc: "Which system calls the containers may make. Default: RuntimeDefault on a node of Gantry; privileged containers are not restricted.",
    }),
    appArmorProfile: message(11, AppArmorProfile, {
      doc: "Which AppArmor profile the containers are kept to. Default: the runtime's own, where AppArmor is on.",
    }),
    seLinuxChangePolicy: string(13, {
      doc: "How volumes get their SELinux label: Recursive changes every file, MountOption (the default where possible) labels the mount, which is faster.",
      pointer: true,
    }),
  },
  { doc: "Who the containers of a pod run as and what they may do. A container's own settings come first." },
)
export type PodSecurityContext = TypeOf<typeof PodSecurityContext>
