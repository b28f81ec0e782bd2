import { expect, test } from "vitest";

import { Human } from "./human.ts";

test("without a sign the paddle stays", () => {
  expect(new Human().wantedCell(7, 20)).toBe(7);
});

test("the paddle goes to the cell of the pointer", () => {
  const human = new Human();
  human.point(0.52);
  expect(human.wantedCell(0, 20)).toBe(10);
  human.point(1.7);
  expect(human.wantedCell(0, 20)).toBe(19);
  human.point(-1);
  expect(human.wantedCell(5, 20)).toBe(0);
});

test("keys move it for as long as they are held", () => {
  const human = new Human();
  expect(human.press("x")).toBe(false);
  expect(human.press("ArrowUp")).toBe(true);
  expect(human.wantedCell(7, 20)).toBe(8);
  human.press("s");
  expect(human.wantedCell(7, 20)).toBe(7);
  human.release("ArrowUp");
  expect(human.wantedCell(7, 20)).toBe(6);
});

test("a key takes over from the pointer, and the other way round", () => {
  const human = new Human();
  human.point(0.9);
  human.press("w");
  expect(human.wantedCell(3, 20)).toBe(4);
  human.point(0);
  expect(human.wantedCell(3, 20)).toBe(0);
});
