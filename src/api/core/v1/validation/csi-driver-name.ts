import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { allOf, type Errors, NONE } from "./rules.ts"

const DRIVER_NAME_BYTES_MAX = 63

export function csiDriverName(driver: string, path: FieldPath): Errors {
  if (driver === "") return [field.required(path)]
  return [
    ...(byteLength(driver) > DRIVER_NAME_BYTES_MAX ? [field.tooLong(path, DRIVER_NAME_BYTES_MAX)] : NONE),
    ...allOf(dns1123Subdomain(driver.toLowerCase()), driver, path),
  ]
}
