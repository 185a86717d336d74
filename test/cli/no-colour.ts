// What is printed has no styles here, whatever terminal the tests run in and whatever the test runner asks for.
delete process.env.FORCE_COLOR
process.env.NO_COLOR = '1'
