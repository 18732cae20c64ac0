/** The fields of a DTO, as a plain object that can be spread. */
export type DtoFields<Dto> = { [Name in keyof Dto]: Dto[Name] };
