import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import type { CustomResourceDefinitionVersion } from "../../api/apiextensions/v1/custom-resource-definition-version.ts"
import { compareVersions } from "../served/groups.ts"

/** What clients of a deprecated version are told. Undefined: nothing. */
export function deprecationWarning(
  { spec }: CustomResourceDefinition,
  { name, deprecated = false, deprecationWarning: text }: CustomResourceDefinitionVersion,
): string | undefined {
  if (!deprecated) return undefined
  if (text !== undefined) return text
  const said = `${spec.group}/${name} ${spec.names.kind} is deprecated`
  const [better] = spec.versions
    .filter((other) => other.served && !other.deprecated && compareVersions(other.name, name) < 0)
    .map((other) => other.name)
    .sort(compareVersions)
  return better === undefined ? said : `${said}; use ${spec.group}/${better} ${spec.names.kind}`
}
