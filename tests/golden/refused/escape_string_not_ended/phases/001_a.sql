SELECT 1;
SELECT '漢字', E'it\'s;
