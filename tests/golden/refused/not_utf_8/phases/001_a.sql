SELECT 'ok';
SELECT 'grφίe';
