/** The variable that names the store where --store does not. */
export const storeVariable = 'OKTA_LIFECYCLE_STORE'
