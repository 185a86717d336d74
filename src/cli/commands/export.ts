export const exportCommand = async (..._: unknown[]): Promise<void> => {}
