import { dlopen } from "node:ffi"
import { closeSync, fstatSync, readSync } from "node:fs"
import { libc } from "./libc.ts"

/** A filter of system calls in the form of the OCI runtime specification, without notifications. */
export interface SeccompProfile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  /** None: the machine's own. */
  readonly architectures: readonly string[]
  readonly flags?: readonly string[]
  readonly syscalls: readonly SeccompRule[]
}

export interface SeccompRule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  /** All of them must hold. */
  readonly args?: readonly {
    readonly index: number
    readonly value: number
    readonly valueTwo?: number
    readonly op: string
  }[]
}

// seccomp.h of libseccomp
const actions: ReadonlyMap<string, number> = new Map([
  ["SCMP_ACT_ALLOW", 0x7fff0000],
  ["SCMP_ACT_ERRNO", 0x00050000],
])
const operators: ReadonlyMap<string, number> = new Map([
  ["SCMP_CMP_NE", 1],
  ["SCMP_CMP_LT", 2],
  ["SCMP_CMP_LE", 3],
  ["SCMP_CMP_EQ", 4],
  ["SCMP_CMP_GE", 5],
  ["SCMP_CMP_GT", 6],
  ["SCMP_CMP_MASKED_EQ", 7],
])
const EPERM = 1
const EEXIST = 17
const NR_SCMP_ERROR = -1
const ARG_BYTES = 24
/** A binary search instead of a chain of comparisons. */
const SCMP_FLTATR_CTL_OPTIMIZE = 8
const BINARY_TREE = 2

/**
 * Compiles a profile to the kernel's filter program, as an OCI runtime does at each start, which takes most of the start.
 * Null when libseccomp is missing or the profile needs something that this does not know.
 * https://github.com/seccomp/libseccomp
 */
export function compileSeccomp(profile: SeccompProfile): Buffer | null {
  const library = loadLibrary()
  if (library === null || (profile.flags ?? []).length > 0) return null
  const defaultAction = actionCode(profile.defaultAction, profile.defaultErrnoRet)
  const context = defaultAction === null ? null : library.seccomp_init(defaultAction)
  if (context === null || context === 0n) return null
  try {
    for (const name of profile.architectures) {
      const arch = library.seccomp_arch_resolve_name(name.replace(/^SCMP_ARCH_/, "").toLowerCase())
      if (arch === 0 || ![0, -EEXIST].includes(library.seccomp_arch_add(context, arch))) return null
    }
    library.seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE)
    for (const rule of profile.syscalls) if (!addRule(library, context, rule)) return null
    return exportProgram(library, context)
  } finally {
    library.seccomp_release(context)
  }
}

type Library = NonNullable<ReturnType<typeof loadLibrary>>

function loadLibrary() {
  try {
    return dlopen("libseccomp.so.2", {
      seccomp_init: { return: "pointer", arguments: ["uint32"] },
      seccomp_release: { return: "void", arguments: ["pointer"] },
      seccomp_arch_resolve_name: { return: "uint32", arguments: ["string"] },
      seccomp_arch_add: { return: "int32", arguments: ["pointer", "uint32"] },
      seccomp_attr_set: { return: "int32", arguments: ["pointer", "int32", "uint32"] },
      seccomp_syscall_resolve_name: { return: "int32", arguments: ["string"] },
      seccomp_rule_add_array: { return: "int32", arguments: ["pointer", "uint32", "int32", "uint32", "pointer"] },
      seccomp_export_bpf: { return: "int32", arguments: ["pointer", "int32"] },
    }).functions
  } catch {
    // Not installed: the OCI runtime then compiles the profile itself.
    return null
  }
}

function actionCode(action: string, errnoRet: number = EPERM): number | null {
  const code = actions.get(action)
  if (code === undefined) return null
  return action === "SCMP_ACT_ERRNO" ? code | errnoRet : code
}

function addRule(library: Library, context: bigint, rule: SeccompRule): boolean {
  const action = actionCode(rule.action, rule.errnoRet)
  const args = encodeArgs(rule.args ?? [])
  if (action === null || args === null) return false
  for (const name of rule.names) {
    const number = library.seccomp_syscall_resolve_name(name)
    // A call that this library is too old to know cannot be allowed: it fails like every other.
    if (number === NR_SCMP_ERROR) continue
    if (library.seccomp_rule_add_array(context, action, number, rule.args?.length ?? 0, args) !== 0) return false
  }
  return true
}

/** An array of `struct scmp_arg_cmp`. */
function encodeArgs(args: NonNullable<SeccompRule["args"]>): Buffer | null {
  const bytes = Buffer.alloc(Math.max(1, args.length) * ARG_BYTES)
  for (const [i, arg] of args.entries()) {
    const operator = operators.get(arg.op)
    if (operator === undefined) return null
    bytes.writeUInt32LE(arg.index, i * ARG_BYTES)
    bytes.writeUInt32LE(operator, i * ARG_BYTES + 4)
    bytes.writeBigUInt64LE(BigInt(arg.value), i * ARG_BYTES + 8)
    bytes.writeBigUInt64LE(BigInt(arg.valueTwo ?? 0), i * ARG_BYTES + 16)
  }
  return bytes
}

function exportProgram(library: Library, context: bigint): Buffer | null {
  const fd = libc.memfd_create("seccomp", 1)
  if (fd < 0) return null
  try {
    if (library.seccomp_export_bpf(context, fd) !== 0) return null
    const program = Buffer.alloc(fstatSync(fd).size)
    return readSync(fd, program, 0, program.length, 0) === program.length ? program : null
  } finally {
    closeSync(fd)
  }
}
