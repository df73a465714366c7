import type { AnyStruct } from "../schema/schema.ts"

/** The forms that an object has in the versions of its kind. Who owns fields of one form is compared in that form. */
export interface Versions {
  /** Undefined when there is no such version; its owners own nothing any more. */
  readonly structOf: (apiVersion: string) => AnyStruct | undefined
  /** The object in another version, as a new one. Both versions exist. */
  readonly convert: (object: object, from: string, to: string) => object
}

/** For kinds whose versions, as far as anybody knows, do not differ. */
export const oneForm = (struct: AnyStruct): Versions => ({ structOf: () => struct, convert: (object) => object })
