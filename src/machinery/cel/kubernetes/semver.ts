import type { CelLibrary, FunctionDeclaration } from "../declarations.ts"
import { CelError, isError } from "../error.ts"
import { constantCost, perUnit, TRAVERSAL } from "../ext/cost.ts"
import { method, overload } from "../stdlib/overloads.ts"
import { boolType, intType, objectType, stringType } from "../types.ts"
import { CelObject, type CelValue, INT_MAX } from "../value.ts"
import { compareSemver, parseSemver, parseSemverLoosely, type SemanticVersion, SemverError } from "./semver-version.ts"

export const semverType = objectType("kubernetes.Semver")

export class CelSemver extends CelObject {
  readonly type = semverType
  readonly version: SemanticVersion

  constructor(version: SemanticVersion) {
    super()
    this.version = version
  }

  equals(other: CelValue): boolean {
    return other instanceof CelSemver && compareSemver(this.version, other.version) === 0
  }
}

function toSemver(text: string, normalize = false): CelSemver | CelError {
  try {
    return new CelSemver(normalize ? parseSemverLoosely(text) : parseSemver(text))
  } catch (error) {
    if (!(error instanceof SemverError)) throw error
    return new CelError(error.message)
  }
}

const isSemver = (text: string, normalize = false) => !isError(toSemver(text, normalize))
const compare = (left: CelSemver, right: CelSemver) => compareSemver(left.version, right.version)

function part(name: "major" | "minor" | "patch"): FunctionDeclaration {
  // Beyond the greatest int the number wraps around, as in Kubernetes.
  const read = ({ version }: CelSemver) => (version[name] > INT_MAX ? BigInt.asIntN(64, version[name]) : version[name])
  return { name, overloads: [method(`semver_${name}`, [semverType], intType, read, constantCost(1))] }
}

const parsing = perUnit(TRAVERSAL)
const cheap = constantCost(1)
const two = [semverType, semverType]

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */
export const kubernetesSemverLibrary: CelLibrary = {
  name: "kubernetes.Semver",
  functions: [
    {
      name: "semver",
      overloads: [
        overload("string_to_semver", [stringType], semverType, toSemver, parsing),
        overload("string_bool_to_semver", [stringType, boolType], semverType, toSemver, parsing),
      ],
    },
    {
      name: "isSemver",
      overloads: [
        overload("is_semver_string", [stringType], boolType, isSemver, parsing),
        overload("is_semver_string_bool", [stringType, boolType], boolType, isSemver, parsing),
      ],
    },
    {
      name: "isGreaterThan",
      overloads: [
        method("semver_is_greater_than", two, boolType, (l: CelSemver, r: CelSemver) => compare(l, r) > 0, cheap),
      ],
    },
    {
      name: "isLessThan",
      overloads: [
        method("semver_is_less_than", two, boolType, (l: CelSemver, r: CelSemver) => compare(l, r) < 0, cheap),
      ],
    },
    {
      name: "compareTo",
      overloads: [
        method("semver_compare_to", two, intType, (l: CelSemver, r: CelSemver) => BigInt(compare(l, r)), cheap),
      ],
    },
    part("major"),
    part("minor"),
    part("patch"),
  ],
}
