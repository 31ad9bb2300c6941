-- Run once, when the database service of docker-compose.yml starts on an empty volume: Rasa keeps its trackers
-- in a database of its own, as a user who cannot open ours.
\getenv password RASA_DATABASE_PASSWORD
CREATE ROLE rasa LOGIN PASSWORD :'password';
CREATE DATABASE rasa OWNER rasa;
REVOKE CONNECT ON DATABASE :"DBNAME" FROM PUBLIC;
