import { allowedSyscalls } from "./seccomp-syscalls.ts"
import type { OciSeccomp, OciSyscallArg, OciSyscallRule } from "./types.ts"

const ALLOW = "SCMP_ACT_ALLOW"
const ERRNO = "SCMP_ACT_ERRNO"
const EPERM = 1
const ENOSYS = 38
/** Every CLONE_NEW* flag: a container without CAP_SYS_ADMIN makes no namespaces. */
const CLONE_NAMESPACE_FLAGS = 0x7e020000
const AF_VSOCK = 40

/** As in `process.arch`. */
export type Architecture = "x64" | "arm64" | "riscv64" | "s390x" | "ppc64" | "loong64" | (string & {})

const architectures: ReadonlyMap<string, readonly string[]> = new Map([
  ["x64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]],
  ["arm64", ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]],
  ["riscv64", ["SCMP_ARCH_RISCV64"]],
  ["s390x", ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"]],
  ["ppc64", ["SCMP_ARCH_PPC64LE"]],
  ["loong64", ["SCMP_ARCH_LOONGARCH64"]],
])

const perArchitecture: ReadonlyMap<string, readonly string[]> = new Map([
  ["x64", ["arch_prctl", "modify_ldt"]],
  ["arm64", ["arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint", "cacheflush", "set_tls"]],
  ["riscv64", ["riscv_flush_icache"]],
  ["s390x", ["s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"]],
  ["ppc64", ["sync_file_range2", "swapcontext"]],
])

/** What a capability brings along: without it the kernel would refuse most of these anyway. */
const perCapability: ReadonlyMap<string, readonly string[]> = new Map([
  ["CAP_DAC_READ_SEARCH", ["open_by_handle_at"]],
  [
    "CAP_SYS_ADMIN",
    `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
    sethostname setns syslog umount umount2 unshare`.split(/\s+/),
  ],
  ["CAP_SYS_BOOT", ["reboot"]],
  ["CAP_SYS_CHROOT", ["chroot"]],
  ["CAP_SYS_MODULE", ["delete_module", "init_module", "finit_module"]],
  ["CAP_SYS_PACCT", ["acct"]],
  ["CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]],
  ["CAP_SYS_RAWIO", ["iopl", "ioperm"]],
  ["CAP_SYS_TIME", ["settimeofday", "stime", "clock_settime", "clock_settime64"]],
  ["CAP_SYS_TTY_CONFIG", ["vhangup"]],
  ["CAP_SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"]],
  ["CAP_SYSLOG", ["syslog"]],
  ["CAP_BPF", ["bpf"]],
  ["CAP_PERFMON", ["perf_event_open"]],
])

/** PER_LINUX, PER_LINUX32, both with UNAME26, and the query: those that open no known hole. */
const allowedPersonalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]

/**
 * The RuntimeDefault profile, equal in effect to containerd's: everything not listed fails with EPERM. `capabilities`
 * is the container's bounding set. Null on an architecture that has no profile.
 */
export function defaultSeccompProfile(arch: Architecture, capabilities: Iterable<string>): OciSeccomp | null {
  const archs = architectures.get(arch)
  if (archs === undefined) return null
  const held = new Set(capabilities)
  const names = [...allowedSyscalls, "ptrace", "process_vm_readv", "process_vm_writev"]
  names.push(...(perArchitecture.get(arch) ?? []))
  for (const capability of held) names.push(...(perCapability.get(capability) ?? []))
  const rules: OciSyscallRule[] = [
    { names: [...new Set(names)], action: ALLOW },
    ...[lessThan(AF_VSOCK - 2), equal(AF_VSOCK - 1), greaterThan(AF_VSOCK)].map((arg) => allow("socket", arg)),
    ...allowedPersonalities.map((personality) => allow("personality", equal(personality))),
  ]
  if (!held.has("CAP_SYS_ADMIN")) rules.push(...withoutNamespaces(arch))
  return { defaultAction: ERRNO, defaultErrnoRet: EPERM, architectures: archs, syscalls: rules }
}

function withoutNamespaces(arch: Architecture): OciSyscallRule[] {
  // The flags are the second argument there, everywhere else the first.
  const index = arch === "s390x" ? 1 : 0
  return [
    allow("clone", { index, value: CLONE_NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }),
    // Its flags are behind a pointer, which a filter cannot read. ENOSYS makes the C library fall back to clone.
    { names: ["clone3"], action: ERRNO, errnoRet: ENOSYS },
  ]
}

function allow(name: string, arg: OciSyscallArg): OciSyscallRule {
  return { names: [name], action: ALLOW, args: [arg] }
}

function equal(value: number): OciSyscallArg {
  return { index: 0, value, op: "SCMP_CMP_EQ" }
}

function lessThan(value: number): OciSyscallArg {
  return { index: 0, value, op: "SCMP_CMP_LT" }
}

function greaterThan(value: number): OciSyscallArg {
  return { index: 0, value, op: "SCMP_CMP_GT" }
}
