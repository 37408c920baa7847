"""The leaderboard: records in, one offline page out."""
