-- why
CREATE TABLE  one (
    x int -- here
);
