// `sessions/{id}` and `id`.
export const idOf = (name: string): string => name.slice("sessions/".length);
export const nameOf = (id: string): string => `sessions/${id}`;

// What a session is called among people.
export const titleOf = ({ name, displayName }: { name: string; displayName: string }): string =>
  displayName || idOf(name);
